//! Which items the primary picture needs: those it is made of, and what is see-through in them. [ISO 23008-12 §6]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use super::boxes::name;
use super::coded::joined;
use super::meta::{Item, Meta, cut};
use super::picture::item_name;
use super::property;
use crate::Error;
use crate::inspect::cursor::View;

/// Which items refer to which.
pub(super) struct Graph {
    inputs: BTreeMap<usize, Vec<usize>>,
    /// Auxiliary pictures of a picture.
    auxiliary: BTreeMap<usize, Vec<usize>>,
    premultiplied: BTreeSet<(usize, usize)>,
}

/// What stays.
pub(super) struct Kept {
    /// Indices into `Meta::items`, in order.
    pub(super) order: Vec<usize>,
    /// What each derived picture is made of.
    pub(super) inputs: BTreeMap<usize, Vec<usize>>,
    /// Other references, by type and the item from which they go.
    pub(super) others: BTreeMap<([u8; 4], usize), Vec<usize>>,
}

impl Graph {
    pub(super) fn new(meta: &Meta) -> Self {
        let mut graph = Self { inputs: BTreeMap::new(), auxiliary: BTreeMap::new(), premultiplied: BTreeSet::new() };
        for reference in &meta.references {
            let Some(&from) = meta.index.get(&reference.from) else { continue };
            let to: Vec<usize> = reference.to.iter().filter_map(|id| meta.index.get(id).copied()).collect();
            match &reference.kind {
                b"dimg" if to.len() == reference.to.len() => drop(graph.inputs.entry(from).or_insert(to)),
                b"auxl" => to.iter().for_each(|&to| {
                    let auxiliary = graph.auxiliary.entry(to).or_default();
                    if auxiliary.len() < MAX_AUXILIARY {
                        auxiliary.push(from);
                    }
                }),
                b"prem" => graph.premultiplied.extend(to.iter().map(|&to| (from, to))),
                _ => {}
            }
        }
        graph
    }

    pub(super) fn primary(&self, meta: &Meta) -> Result<usize, Error> {
        let missing = || Error::malformed("there is no primary picture", 0);
        let index = meta.primary.and_then(|id| meta.index.get(&id).copied()).ok_or_else(missing)?;
        match meta.items.get(index) {
            // The picture that a gain map is applied to comes first. [ISO 23008-12 §6.6.2.4]
            Some(item) if &item.kind == b"tmap" => self.inputs.get(&index).and_then(|i| i.first().copied()).ok_or_else(missing),
            _ => Ok(index),
        }
    }

    pub(super) fn kept(&self, meta: &Meta, file: View, primary: usize) -> Result<Kept, Error> {
        let mut kept = Kept { order: Vec::new(), inputs: BTreeMap::new(), others: BTreeMap::new() };
        let mut seen: BTreeSet<usize> = BTreeSet::from([primary]);
        let mut queue = VecDeque::from([(primary, false)]);
        while let Some((index, is_alpha)) = queue.pop_front() {
            let Some(item) = meta.items.get(index) else { continue };
            check_kind(meta, item)?;
            if is_derived(item.kind) {
                let inputs = self.inputs.get(&index).map(Vec::as_slice).unwrap_or_default();
                let count = input_count(meta, file, item, inputs.len())?;
                let inputs = inputs.get(..count).filter(|inputs| !inputs.is_empty()).ok_or_else(|| {
                    Error::malformed(format!("{}: it has fewer inputs than it needs", item_name(item)), item.entry.offset(0))
                })?;
                kept.inputs.insert(index, inputs.to_vec());
                queue.extend(inputs.iter().filter(|i| seen.insert(**i)).map(|&i| (i, is_alpha)));
            }
            let auxiliary = self.auxiliary.get(&index).map(Vec::as_slice).unwrap_or_default();
            let alpha = auxiliary.iter().copied().find(|&a| meta.items.get(a).is_some_and(|i| is_alpha_item(meta, i)));
            if let Some(alpha) = alpha.filter(|a| !is_alpha && *a != index) {
                kept.others.entry((*b"auxl", alpha)).or_default().push(index);
                if self.premultiplied.contains(&(index, alpha)) {
                    kept.others.entry((*b"prem", index)).or_default().push(alpha);
                }
                if seen.insert(alpha) {
                    queue.push_back((alpha, true));
                }
            }
        }
        kept.order = seen.into_iter().collect();
        kept.others.values_mut().for_each(|to| to.sort_unstable());
        check_no_circle(&kept).then_some(kept).ok_or_else(|| Error::malformed("pictures that are made of each other", 0))
    }
}

/// Takes away pictures whose inputs are all gone, until none is left: those in a circle would stay.
fn check_no_circle(kept: &Kept) -> bool {
    let mut users: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut open: BTreeMap<usize, usize> = BTreeMap::new();
    for (&user, inputs) in &kept.inputs {
        open.insert(user, inputs.len());
        inputs.iter().for_each(|&input| users.entry(input).or_default().push(user));
    }
    let mut ready: Vec<usize> = kept.order.iter().copied().filter(|i| open.get(i).is_none_or(|&n| n == 0)).collect();
    let mut done = 0_usize;
    while let Some(index) = ready.pop() {
        done = done.saturating_add(1);
        for user in users.get(&index).map(Vec::as_slice).unwrap_or_default() {
            if let Some(left) = open.get_mut(user) {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    ready.push(*user);
                }
            }
        }
    }
    done == kept.order.len()
}

/// Refuses pictures that we do not know how to tell apart from what rides in them.
fn check_kind(meta: &Meta, item: &Item) -> Result<(), Error> {
    if !is_derived(item.kind) && !matches!(&item.kind, b"hvc1" | b"av01") {
        return Err(Error::Unsupported(format!("a HEIF file whose picture is of the type {} cannot be scrubbed", name(item.kind))));
    }
    for (_, property, essential) in meta.properties_of(item) {
        if essential && !property::is_essential(property.kind) && !property::is_description(property.kind) && &property.kind != b"ispe" {
            return Err(Error::Unsupported(format!(
                "the picture cannot be shown without a property that we do not know: {}",
                property.name()
            )));
        }
    }
    Ok(())
}

/// Pictures that are made of other pictures. [ISO 23008-12 §6.6.2]
pub(super) fn is_derived(kind: [u8; 4]) -> bool {
    matches!(&kind, b"grid" | b"iovl" | b"iden")
}

pub(super) fn is_alpha_item(meta: &Meta, item: &Item) -> bool {
    meta.properties_of(item).any(|(_, p, _)| &p.kind == b"auxC" && property::alpha(p).is_some())
}

/// How many inputs a derived picture takes of those it refers to.
fn input_count(meta: &Meta, file: View, item: &Item, referred: usize) -> Result<usize, Error> {
    match &item.kind {
        b"grid" => {
            let payload = derivation(meta, file, item, referred)?;
            let side = |at: usize| usize::from(payload.get(at).copied().unwrap_or(0)).saturating_add(1);
            Ok(side(2).saturating_mul(side(3)))
        }
        b"iden" => Ok(1),
        _ => Ok(referred),
    }
}

/// The payload of a derived picture, as long as its fields are. [ISO 23008-12 §6.6.2.3]
pub(super) fn derivation(meta: &Meta, file: View, item: &Item, inputs: usize) -> Result<Vec<u8>, Error> {
    let malformed = |what: &str| Error::malformed(format!("{}: {what}", item_name(item)), item.entry.offset(0));
    let pieces = meta.pieces(item, file).map_err(|what| malformed(&what))?;
    // It is no longer than this, however much data the item is said to have, and however many items are said to have the same.
    let most = inputs.saturating_mul(8).saturating_add(32);
    let whole: usize = pieces.iter().map(Range::len).fold(0, usize::saturating_add);
    let data = joined(file, &cut(&pieces, 0, whole.min(most)).unwrap_or_default());
    let data = View::file(&data);
    let cut_off = || malformed("its description is cut off");
    if &item.kind == b"iden" {
        return Ok(Vec::new());
    }
    let flags = data.u8(1).ok_or_else(cut_off)? & 1;
    let wide = flags == 1;
    let field = if wide { 4_usize } else { 2 };
    if data.u8(0) != Some(0) {
        return Err(Error::Unsupported(format!("{}: a version that we do not know", item_name(item))));
    }
    let length = if &item.kind == b"grid" {
        field.saturating_mul(2).saturating_add(4)
    } else {
        field.saturating_mul(inputs.saturating_mul(2).saturating_add(2)).saturating_add(10)
    };
    let mut out = data.get(0, length).ok_or_else(cut_off)?.bytes().to_vec();
    if let Some(byte) = out.get_mut(1) {
        *byte = flags;
    }
    Ok(out)
}

/// Most auxiliary pictures of one picture: alpha, depth, a gain map, mattes of hair, skin, teeth and glasses.
const MAX_AUXILIARY: usize = 64;
