//! Which items show the primary picture, and what becomes of them and of all others. [ISO 23008-12 §6]

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::boxes::name;
use super::coded::{Dropped, joined, places};
use super::graph::{Graph, derivation, is_derived};
use super::hevc::Configuration;
use super::meta::{Item, Meta};
use super::property::{self, Form};
use super::{Claim, av1, hevc};
use crate::inspect::cursor::{Order, View};
use crate::inspect::keep::bmff::{Content, Place, Property};
use crate::inspect::ledger::Findings;
use crate::inspect::{ColorSource, MetadataKind, Role, Why};
use crate::{Error, Limits, inspect::keep};

/// What was found out about the still picture of a file.
pub(super) struct Still {
    /// As shown: turned and cropped as its properties say.
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) has_alpha: bool,
    pub(super) bit_depth: u8,
    pub(super) color: ColorSource,
    /// Index into `Meta::items`.
    primary: usize,
    /// Indices into `Meta::items`, in their order.
    pub(super) kept: Vec<usize>,
    /// Where the data of each kept picture is in the file, units that go left out; parallel to `kept`.
    pieces: Vec<Vec<Range<usize>>>,
    /// The inputs of each, and its further references; parallel to `kept`.
    references: Vec<Vec<([u8; 4], Vec<usize>)>>,
}

/// Looks for the primary picture and everything that it needs.
pub(super) fn still<'a>(
    file: View,
    meta: &Meta<'a>,
    limits: &Limits,
    claims: &mut Vec<Claim>,
    findings: &mut Findings,
) -> Result<Still, Error> {
    let graph = Graph::new(meta);
    let primary = graph.primary(meta)?;
    let kept = graph.kept(meta, file, primary)?;
    let mut still = Still {
        width: 0,
        height: 0,
        has_alpha: false,
        bit_depth: 8,
        color: ColorSource::default(),
        primary,
        references: Vec::new(),
        pieces: Vec::new(),
        kept: kept.order,
    };
    let mut configurations = BTreeMap::new();
    // The same bytes may be the data of many items; all of them together are no more than a few times the file.
    let mut budget = file.len().saturating_mul(4).max(1 << 20);
    for &index in &still.kept {
        let Some(item) = meta.items.get(index) else { continue };
        if item.is_protected {
            return Err(Error::Unsupported(format!("the picture is encrypted ({})", item_name(item))));
        }
        let malformed = |what: String| Error::malformed(format!("{}: {what}", item_name(item)), item.entry.offset(0));
        let pieces = meta.pieces(item, file).map_err(malformed)?;
        let length = pieces.iter().map(Range::len).fold(0, usize::saturating_add);
        budget = budget.checked_sub(length).ok_or_else(|| Error::LimitExceeded("pictures share their data too often".into()))?;
        let picture = if is_derived(item.kind) { Vec::new() } else { coded(file, meta, item, &pieces, &mut configurations, claims)? };
        if is_derived(item.kind) {
            // Written anew, so what is behind it is not copied.
            let length = derivation(meta, file, item, kept.inputs.get(&index).map_or(0, Vec::len))?.len();
            let described = places(&pieces, std::slice::from_ref(&(0..length))).into_iter().flatten();
            claims.extend(described.map(|range| Claim { range, name: item_name(item), role: Role::Structure, value: None }));
        } else {
            claims.extend(picture.iter().map(|p| Claim { range: p.clone(), name: item_name(item), role: Role::Pixels, value: None }));
        }
        still.pieces.push(picture);
        let mut references: Vec<([u8; 4], Vec<usize>)> = Vec::new();
        let inputs = kept.inputs.get(&index).cloned().unwrap_or_default();
        if !inputs.is_empty() {
            references.push((*b"dimg", inputs));
        }
        for kind in [*b"auxl", *b"prem"] {
            let to: Vec<usize> = kept.others.get(&(kind, index)).cloned().unwrap_or_default();
            if !to.is_empty() {
                references.push((kind, to));
            }
        }
        still.references.push(references);
    }
    still.has_alpha = kept.others.keys().any(|(kind, _)| kind == b"auxl");
    still.look(meta, primary)?;
    limits.check_picture(still.width, still.height, 4)?;
    // A crop hides what is around it; the data behind it is still there.
    if let Some(item) = meta.items.get(primary)
        && let Some((_, clap, _)) = meta.properties_of(item).find(|(_, p, _)| &p.kind == b"clap")
    {
        findings.keep(MetadataKind::Unknown, "meta/iprp/clap", clap.whole.range(), Why::Structure);
    }
    Ok(still)
}

impl Still {
    /// Size, depth and colours of the primary picture.
    fn look(&mut self, meta: &Meta, primary: usize) -> Result<(), Error> {
        let Some(item) = meta.items.get(primary) else { return Ok(()) };
        let mut size = None;
        let mut depth = None;
        for property in properties(meta, item, &mut BTreeMap::new()) {
            let content = View::file(&property.content);
            let number = |at| content.u32(at, Order::Big);
            match &property.kind {
                b"ispe" => size = size.or(number(4).zip(number(8))),
                b"pixi" | b"hvcC" | b"av1C" => depth = depth.or(property::depth(property.kind, content)),
                b"irot" if content.u8(0).is_some_and(|turn| turn & 1 == 1) => size = size.map(|(w, h)| (h, w)),
                b"clap" => {
                    // Width and height of what is shown, as fractions. [ISO 14496-12 §12.1.4]
                    let side = |at: usize| Some(number(at)?.checked_div(number(at.saturating_add(4))?)?.max(1));
                    size = side(0).zip(side(8)).or(size);
                }
                b"colr" => self.color.cicp = self.color.cicp.or(property::code_points(content)),
                _ => {}
            }
        }
        let profile = meta.properties_of(item).filter(|(_, p, _)| &p.kind == b"colr").find_map(|(_, p, _)| property::profile(p.content));
        self.color.icc = profile.map(|p| p.bytes().to_vec());
        // Tiles state their depth where the whole does not.
        let tiles = self.kept.iter().filter_map(|&i| meta.items.get(i)).flat_map(|i| meta.properties_of(i));
        self.bit_depth = depth.or_else(|| tiles.into_iter().find_map(|(_, p, _)| property::depth(p.kind, p.content))).unwrap_or(8).min(16);
        let (width, height) = size
            .filter(|&(w, h)| w > 0 && h > 0)
            .ok_or_else(|| Error::malformed(format!("{}: the picture has no size (ispe)", item_name(item)), item.entry.offset(0)))?;
        (self.width, self.height) = (width, height);
        Ok(())
    }

    /// What a clean file says of these pictures. `place` tells where a run of the file is in the joined data.
    pub(super) fn content(
        &self,
        meta: &Meta,
        file: View,
        content: &mut Content,
        place: &dyn Fn(&Range<usize>) -> Range<usize>,
    ) -> Result<(), Error> {
        let ids: BTreeMap<usize, usize> = self.kept.iter().enumerate().map(|(new, &old)| (old, new)).collect();
        let inputs: BTreeSet<usize> =
            self.references.iter().flatten().filter(|(kind, _)| kind == b"dimg").flat_map(|(_, to)| to.iter().copied()).collect();
        let mut forms: BTreeMap<usize, Written> = BTreeMap::new();
        let mut numbers: BTreeMap<Property, usize> = BTreeMap::new();
        for (position, &index) in self.kept.iter().enumerate() {
            let Some(item) = meta.items.get(index) else { continue };
            let data = match self.pieces.get(position).filter(|p| !p.is_empty()) {
                Some(pieces) => {
                    let mut extents: Vec<Range<usize>> = Vec::new();
                    for piece in pieces.iter().map(place) {
                        match extents.last_mut() {
                            Some(last) if last.end == piece.start => last.end = piece.end,
                            _ => extents.push(piece),
                        }
                    }
                    Place::Data(extents)
                }
                None => match derivation(meta, file, item, self.input_count(position))? {
                    payload if payload.is_empty() => Place::None,
                    payload => {
                        let start = content.idat.len();
                        content.idat.extend_from_slice(&payload);
                        Place::Idat(start..content.idat.len())
                    }
                },
            };
            let properties = properties(meta, item, &mut forms);
            let mut indices = Vec::new();
            for property in properties {
                let next = numbers.len();
                let number = *numbers.entry(property.clone()).or_insert_with(|| {
                    content.properties.push(property);
                    next
                });
                indices.push(number);
            }
            let references = self.references.get(position).cloned().unwrap_or_default();
            let to_new = |old: &Vec<usize>| old.iter().filter_map(|o| ids.get(o).copied()).collect();
            content.items.push(keep::bmff::Item {
                kind: item.kind,
                is_hidden: inputs.contains(&index),
                properties: indices,
                references: references.iter().map(|(kind, to)| (*kind, to_new(to))).collect(),
                place: data,
            });
        }
        Ok(())
    }

    /// Where the primary picture is among the kept ones.
    pub(super) fn primary(&self) -> Option<usize> {
        self.kept.iter().position(|&k| k == self.primary)
    }

    fn input_count(&self, position: usize) -> usize {
        let references = self.references.get(position).map(Vec::as_slice).unwrap_or_default();
        references.iter().filter(|(kind, _)| kind == b"dimg").map(|(_, to)| to.len()).sum()
    }

    pub(super) fn data(&self) -> impl Iterator<Item = &Range<usize>> {
        self.pieces.iter().flatten()
    }
}

/// The properties with which a picture is written, in their order.
fn properties(meta: &Meta, item: &Item, forms: &mut BTreeMap<usize, Written>) -> Vec<Property> {
    let mut out: Vec<Property> = Vec::new();
    let mut is_srgb = false;
    for (index, property, _) in meta.properties_of(item) {
        let form = forms.entry(index).or_insert_with(|| match property::form(property) {
            Form::Stays(content) => {
                Written::Stays(Property { kind: property.kind, content, is_essential: property::is_essential(property.kind) })
            }
            Form::Srgb => Written::Srgb,
            Form::Goes(..) => Written::Gone,
        });
        is_srgb |= matches!(form, Written::Srgb);
        let Written::Stays(content) = form else { continue };
        // A picture may have code points and a profile, of each one.
        let is_again = out.iter().any(|p| p.kind == content.kind && (&p.kind != b"colr" || p.content.get(..4) == content.content.get(..4)));
        if !is_again || property::is_transformation(property.kind) {
            out.push(content.clone());
        }
    }
    if is_srgb {
        // The profile had its way over these, as sRGB has now.
        for points in out.iter_mut().filter(|p| &p.kind == b"colr" && p.content.starts_with(b"nclx")) {
            if let Some(field) = points.content.get_mut(4..8) {
                field.copy_from_slice(&[0, 1, 0, 13]);
            }
        }
    }
    out
}

/// What is written of a property; many pictures may have the same.
enum Written {
    Stays(Property),
    Srgb,
    Gone,
}

/// Bytes of the length before each unit, and the parameter sets.
type UnitForm<'a> = (usize, Vec<&'a [u8]>);

/// Walks the coded data of a picture. Returns where in the file what stays is. `configurations` are those of the pictures before, by property.
fn coded<'a>(
    file: View,
    meta: &Meta<'a>,
    item: &Item,
    pieces: &[Range<usize>],
    configurations: &mut BTreeMap<usize, UnitForm<'a>>,
    claims: &mut Vec<Claim>,
) -> Result<Vec<Range<usize>>, Error> {
    let data = joined(file, pieces);
    let data = View::file(&data);
    let configuration = |kind: &[u8; 4]| meta.properties_of(item).find(|(_, p, _)| &p.kind == kind).map(|(index, p, _)| (index, *p));
    let start = pieces.first().map_or(item.entry.offset(0), |p| p.start);
    let malformed = |what: &str| Error::malformed(format!("{}: {what}", item_name(item)), start);
    let walked = match &item.kind {
        b"hvc1" => {
            let (index, property) = configuration(b"hvcC").ok_or_else(|| malformed("no decoder configuration (hvcC)"))?;
            if let Entry::Vacant(entry) = configurations.entry(index) {
                let read = Configuration::read(property.content).ok_or_else(|| malformed("a broken decoder configuration (hvcC)"))?;
                entry.insert((read.length_size, read.parameter_sets()));
            }
            let (length_size, sets) = configurations.get(&index).ok_or_else(|| malformed("no decoder configuration (hvcC)"))?;
            hevc::walk(data, *length_size, sets)
        }
        b"av01" => {
            configuration(b"av1C")
                .filter(|(_, p)| matches!(property::form(p), Form::Stays(_)))
                .ok_or_else(|| malformed("no decoder configuration (av1C)"))?;
            av1::walk(data, true)
        }
        _ => return Err(malformed("coded in a way that we do not know")),
    };
    let walked = walked.map_err(|(what, at)| {
        let at = places(pieces, std::slice::from_ref(&(at..at.saturating_add(1)))).into_iter().flatten().next().map_or(start, |r| r.start);
        Error::malformed(format!("{}: {what}", item_name(item)), at)
    })?;
    let gone: Vec<Range<usize>> = walked.dropped.iter().map(|d| d.range.clone()).collect();
    for (Dropped { kind, name, value, .. }, places) in walked.dropped.iter().zip(places(pieces, &gone)) {
        let role = if *kind == MetadataKind::Unknown { Role::Unknown } else { Role::Metadata(*kind) };
        claims.extend(places.into_iter().map(|range| Claim {
            range,
            name: format!("{}/{name}", item_name(item)),
            role,
            value: value.clone(),
        }));
    }
    Ok(places(pieces, &walked.kept).into_iter().flatten().collect())
}

/// A name in the container's terms: type and identifier.
pub(super) fn item_name(item: &Item) -> String {
    format!("{} item {}", name(item.kind), item.id)
}
