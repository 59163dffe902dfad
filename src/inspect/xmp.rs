//! Reads XMP packets well enough to name what they say. [ISO 16684-1]
//!
//! The packet goes as a whole, so nothing hangs on this reader's understanding of XML.

use super::MetadataKind;
use super::cursor::View;
use super::ledger::Findings;

/// Names the properties in a packet.
pub(crate) fn read(packet: View, path: &str, findings: &mut Findings) {
    let Ok(text) = std::str::from_utf8(packet.bytes()) else { return };
    // Elements that are open, outermost first, each with the innermost property that it is in, itself included.
    let mut open: Vec<(&str, Option<&str>)> = Vec::new();
    let mut rest = text;
    let mut properties = 0_usize;
    let mut tags = 0_usize;
    while properties < MAX_PROPERTIES
        && tags < MAX_TAGS
        && let Some((before, from_tag)) = rest.split_once('<')
    {
        tags = tags.saturating_add(1);
        let within = open.last().and_then(|(_, property)| *property);
        if let Some(property) = within
            && !before.trim().is_empty()
        {
            note(property, before, path, packet, findings);
            properties = properties.saturating_add(1);
        }
        let Some((tag, after)) = from_tag.split_once('>') else { return };
        rest = after;
        if tag.starts_with(['?', '!']) {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            if let Some(depth) = open.iter().rposition(|&(o, _)| o == name.trim()) {
                open.truncate(depth);
            }
            continue;
        }
        let (inside, is_empty) = tag.strip_suffix('/').map_or((tag, false), |inside| (inside, true));
        let (name, attributes) = inside.split_once(|c: char| c.is_whitespace()).unwrap_or((inside, ""));
        for (attribute, value) in Attributes(attributes) {
            if is_property(attribute) {
                note(attribute, value, path, packet, findings);
                properties = properties.saturating_add(1);
            }
        }
        if !is_empty && open.len() < MAX_DEPTH {
            open.push((name, is_property(name).then_some(name).or(within)));
        }
    }
}

fn note(property: &str, value: &str, path: &str, packet: View, findings: &mut Findings) {
    findings.detail(kind(property, value), format!("{path}/{property}"), packet.range(), Some(unescape(value)));
}

/// Whether a name is that of a property, not of RDF's own grammar.
fn is_property(name: &str) -> bool {
    name.split_once(':').is_some_and(|(prefix, _)| !matches!(prefix, "xmlns" | "rdf" | "x" | "xml"))
}

fn kind(property: &str, value: &str) -> MetadataKind {
    let (prefix, name) = property.split_once(':').unwrap_or(("", property));
    match prefix {
        "hdrgm" | "HDRGainMap" => MetadataKind::GainMap,
        "GDepth" | "Device" | "DepthMap" | "depthmap" => MetadataKind::Depth,
        "GImage" => MetadataKind::MultiPicture,
        "xmpGImg" => MetadataKind::Thumbnail,
        // What a further picture in the file is for, in Google's and Apple's words.
        "Item" | "apdi" if value.ends_with("GainMap") || value.ends_with("hdrgainmap") => MetadataKind::GainMap,
        "Item" if View::file(value.as_bytes()).contains(b"Motion") => MetadataKind::Motion,
        "Item" if View::file(value.as_bytes()).contains(b"Depth") => MetadataKind::Depth,
        _ if name.starts_with("GPS") => MetadataKind::Gps,
        _ if name.starts_with("MotionPhoto") || name.starts_with("MicroVideo") => MetadataKind::Motion,
        _ => MetadataKind::Xmp,
    }
}

fn unescape(text: &str) -> String {
    let short: String = text.chars().take(MAX_TEXT).collect();
    let mut rest = short.as_str();
    let mut out = String::with_capacity(rest.len());
    while let Some(first) = rest.chars().next() {
        let entity = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity));
        let (length, letter) = entity.map_or((first.len_utf8(), first), |&(entity, letter)| (entity.len(), letter));
        out.push(letter);
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// `name="value"` pairs of a tag.
struct Attributes<'a>(&'a str);

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.0.split_once('=')?;
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, rest) = rest.strip_prefix(quote)?.split_once(quote)?;
        self.0 = rest;
        Some((name.trim(), value))
    }
}

/// [XML 1.0 §4.6]
const ENTITIES: [(&str, char); 5] = [("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\''), ("&amp;", '&')];

/// Most properties that are named. Photoshop histories have thousands, all alike.
const MAX_PROPERTIES: usize = 500;

/// Most tags that are looked at, with or without a property.
const MAX_TAGS: usize = 20_000;

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 64;

/// Longest text that is looked at, characters: a depth map in base64 is text too.
const MAX_TEXT: usize = 1000;
