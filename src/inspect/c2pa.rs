//! Reads JUMBF, the boxes in which C2PA manifests are stored. [ISO 19566-5]

use super::MetadataKind;
use super::cursor::{Order, View};
use super::ledger::Findings;

/// Names the labelled boxes.
pub(crate) fn read(boxes: View, path: &str, findings: &mut Findings) {
    let mut boxes_left = MAX_BOXES;
    walk(boxes, path, findings, 0, &mut boxes_left);
}

fn walk(boxes: View, path: &str, findings: &mut Findings, depth: usize, boxes_left: &mut usize) {
    let mut rest = boxes;
    let mut here = path.to_owned();
    while let (Some(length), Some(kind)) = (rest.length(0, Order::Big), rest.array::<4>(4)) {
        if *boxes_left == 0 {
            return;
        }
        *boxes_left = boxes_left.saturating_sub(1);
        // 0 means: to the end. 1 announces a 64-bit length, which no photo needs.
        let whole = if length == 0 { rest } else { rest.get(0, length).unwrap_or(rest) };
        let content = whole.from(8);
        match &kind {
            b"jumb" if depth < MAX_DEPTH => walk(content, &here, findings, depth.saturating_add(1), boxes_left),
            b"jumd" => {
                // 16 bytes of type, one of toggles; with bit 1 set, a label follows.
                let label = content.from(17).split_nul().map(|(label, _)| String::from_utf8_lossy(label).into_owned());
                if let Some(label) = label.filter(|l| !l.is_empty()) {
                    here = format!("{path}/{}", super::ledger::shorten(&label));
                    findings.detail(MetadataKind::C2pa, here.clone(), whole.range(), None);
                }
            }
            _ => {}
        }
        if whole.len() <= 8 {
            return;
        }
        rest = rest.from(whole.len());
    }
}

/// Most boxes that are looked at. A manifest has some dozens.
const MAX_BOXES: usize = 1000;

/// Deepest nesting that is followed. A manifest store has four levels.
const MAX_DEPTH: usize = 8;
