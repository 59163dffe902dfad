//! Writes TIFF files from tags and strips.

use darkslide::Format;

use super::{HEIGHT, Tag, WIDTH, iptc, jpeg, jpeg_with, p3_profile, photoshop, pixels, segment, westminster, zlib};

/// A file: its pages, and how it stores numbers.
#[derive(Clone, Default)]
pub(crate) struct File {
    /// `MM` instead of `II`.
    pub(crate) is_big_endian: bool,
    /// BigTIFF.
    pub(crate) is_big: bool,
    pub(crate) pages: Vec<Page>,
    /// Bytes between the header and the first directory.
    pub(crate) before: Vec<u8>,
    /// Bytes between directories and strips.
    pub(crate) between: Vec<u8>,
    /// The last directory points to the first.
    pub(crate) is_circle: bool,
}

/// A directory, what it points to, and the picture.
#[derive(Clone, Default)]
pub(crate) struct Page {
    pub(crate) tags: Vec<Tag>,
    /// Directories that a tag points to.
    pub(crate) below: Vec<(u16, Vec<Tag>)>,
    pub(crate) strips: Vec<Vec<u8>>,
    /// More than the strips hold, added to what the directory says of the last one's length.
    pub(crate) overlong: usize,
    /// Strips or tiles are named in these tags: offsets and lengths.
    pub(crate) tables: Option<(u16, u16)>,
}

impl File {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let end = self.write(0).len();
        let mut out = self.write(end);
        out.extend(self.pages.iter().flat_map(|page| page.strips.concat()));
        out
    }

    /// All but the strips, which begin at `data`.
    fn write(&self, mut data: usize) -> Vec<u8> {
        let word = if self.is_big { 8 } else { 4 };
        let mut out = if self.is_big_endian { b"MM".to_vec() } else { b"II".to_vec() };
        if self.is_big {
            out.extend([43_u16, 8, 0].iter().flat_map(|&n| self.number(n.into(), 2)));
        } else {
            out.extend(self.number(42, 2));
        }
        let mut link = out.len();
        out.extend(self.number(0, word));
        let first = (out.len() + self.before.len()).next_multiple_of(word);
        out.extend(&self.before);
        for page in &self.pages {
            out.resize(out.len().next_multiple_of(word), 0);
            let at = self.number(out.len() as u64, word);
            out.splice(link..link + word, at);
            let mut tags = page.tags.clone();
            if !page.strips.is_empty() {
                let mut starts = Vec::new();
                let mut lengths: Vec<u64> = page.strips.iter().map(|strip| strip.len() as u64).collect();
                for strip in &page.strips {
                    starts.push(data as u64);
                    data += strip.len();
                }
                *lengths.last_mut().unwrap() += page.overlong as u64;
                let (offsets, counts) = page.tables.unwrap_or((273, 279));
                let kind = if self.is_big { 16 } else { 4 };
                let raw = |numbers: &[u64]| numbers.iter().flat_map(|n| n.to_le_bytes()[..word].to_vec()).collect();
                tags.push(Tag(offsets, kind, raw(&starts)));
                tags.push(Tag(counts, kind, raw(&lengths)));
            }
            tags.extend(page.below.iter().map(|(tag, _)| Tag(*tag, 4, vec![0; 4])));
            tags.sort_by_key(|tag| tag.0);
            let (next, places) = self.directory(&mut out, &tags);
            link = next;
            for (tag, below) in &page.below {
                out.resize(out.len().next_multiple_of(word), 0);
                let at = self.number(out.len() as u64, 4);
                let place = places[tags.iter().position(|t| t.0 == *tag).unwrap()];
                out.splice(place..place + 4, at);
                self.directory(&mut out, below);
            }
        }
        if self.is_circle {
            let at = self.number(first as u64, word);
            out.splice(link..link + word, at);
        }
        out.extend(&self.between);
        out
    }

    /// Returns where the next directory's place is written, and each entry's value.
    fn directory(&self, out: &mut Vec<u8>, tags: &[Tag]) -> (usize, Vec<usize>) {
        let word = if self.is_big { 8 } else { 4 };
        out.extend(self.number(tags.len() as u64, if self.is_big { 8 } else { 2 }));
        let mut values = out.len() + tags.len() * (4 + 2 * word) + word;
        let mut behind = Vec::new();
        let mut places = Vec::new();
        for Tag(tag, kind, value) in tags {
            // Little-endian in the tag, turned here.
            let size = [1, 1, 1, 2, 4, 4, 1, 1, 2, 4, 4, 4, 8, 4, 1, 1, 8, 8, 8].get(usize::from(*kind)).copied().unwrap_or(1);
            let count = value.len() / if matches!(kind, 5 | 10) { 8 } else { size };
            let value: Vec<u8> =
                if self.is_big_endian { value.chunks(size).flat_map(|n| n.iter().rev().copied()).collect() } else { value.clone() };
            out.extend(self.number((*tag).into(), 2));
            out.extend(self.number((*kind).into(), 2));
            out.extend(self.number(count as u64, word));
            places.push(out.len());
            if value.len() <= word {
                out.extend(&value);
                out.resize(out.len() + word - value.len(), 0);
            } else {
                values = values.next_multiple_of(word);
                out.extend(self.number(values as u64, word));
                behind.push((values, value.clone()));
                values += value.len();
            }
        }
        let next = out.len();
        out.extend(self.number(0, word));
        for (place, value) in behind {
            out.resize(place, 0);
            out.extend(value);
        }
        (next, places)
    }

    fn number(&self, n: u64, width: usize) -> Vec<u8> {
        if self.is_big_endian { n.to_be_bytes()[8 - width..].to_vec() } else { n.to_le_bytes()[..width].to_vec() }
    }

    /// With `tags` in its first page.
    pub(crate) fn with(mut self, tags: &[Tag]) -> Self {
        self.pages[0].tags.extend(tags.iter().cloned());
        self
    }
}

/// The forged picture in two strips, uncompressed.
pub(crate) fn page() -> Page {
    packed(1, 10, &|rows| rows.to_vec())
}

/// The forged picture in strips of `rows` rows, each packed by `pack`.
pub(crate) fn packed(compression: u16, rows: u16, pack: &dyn Fn(&[u8]) -> Vec<u8>) -> Page {
    let rgb = Tag(258, 3, vec![8, 0, 8, 0, 8, 0]);
    let tags = vec![
        Tag::short(256, WIDTH),
        Tag::short(257, HEIGHT),
        rgb,
        Tag::short(259, compression),
        Tag::short(262, 2),
        Tag::short(277, 3),
        Tag::short(278, rows),
    ];
    let strips = pixels().chunks(usize::from(WIDTH) * 3 * usize::from(rows)).map(pack).collect();
    Page { tags, strips, ..Page::default() }
}

pub(crate) fn file(pages: Vec<Page>) -> File {
    File { pages, ..File::default() }
}

/// A clean file.
pub(crate) fn tiff() -> Vec<u8> {
    file(vec![page()]).bytes()
}

/// The forged picture as one JPEG strip, its tables in a tag of their own.
pub(crate) fn jpeg_page(tables: &[Vec<u8>], segments: &[Vec<u8>], behind: &[u8]) -> Page {
    let (whole, mut kept, mut shared) = (jpeg(), vec![0xFF, 0xD8], vec![0xFF, 0xD8]);
    shared.extend(tables.concat());
    let mut at = 2;
    while whole[at + 1] != 0xDA {
        let length = 2 + usize::from(u16::from_be_bytes([whole[at + 2], whole[at + 3]]));
        let part = &whole[at..at + length];
        match whole[at + 1] {
            0xDB | 0xC4 => shared.extend(part),
            0xE0 => {}
            _ => kept.extend(part),
        }
        at += length;
    }
    shared.extend([0xFF, 0xD9]);
    kept.extend(&whole[at..]);
    let strip = [&kept[..2], &segments.concat(), &kept[2..], behind].concat();
    let mut page = packed(7, HEIGHT, &|_| strip.clone());
    page.tags[4] = Tag::short(262, 6);
    page.tags.push(Tag::undefined(347, &shared));
    page.tags.push(Tag(530, 3, vec![1, 0, 1, 0]));
    page
}

/// LZW that never grows beyond nine bits: every code is a byte, and the table is cleared in time.
pub(crate) fn lzw(bytes: &[u8]) -> Vec<u8> {
    let mut codes = Vec::new();
    for part in bytes.chunks(200) {
        codes.push(256_u32);
        codes.extend(part.iter().map(|&b| u32::from(b)));
    }
    codes.push(257);
    let bits: Vec<u8> = codes.iter().flat_map(|code| (0..9).rev().map(move |bit| (code >> bit & 1) as u8)).collect();
    bits.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |all, (i, bit)| all | bit << (7 - i))).collect()
}

pub(crate) fn pack_bits(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(128).flat_map(|run| [&[run.len() as u8 - 1], run].concat()).collect()
}

/// Files with `secret` in each place that TIFF has.
pub(crate) fn places(secret: &[u8], add: &mut dyn FnMut(&str, Format, Vec<u8>)) {
    let mut add = |place: &str, file: &File| {
        for (name, is_big_endian, is_big) in [("II", false, false), ("MM", true, false), ("II Big", false, true), ("MM Big", true, true)] {
            let file = File { is_big_endian, is_big, ..file.clone() };
            add(&format!("{place}, {name}"), Format::Tiff, file.bytes());
        }
    };
    let one = || file(vec![page()]);
    let join = |parts: &[&[u8]]| parts.concat();
    let text = String::from_utf8_lossy(secret).into_owned();
    for tag in [269, 270, 271, 272, 285, 305, 306, 315, 316, 333, 337, 33432, 34737, 42112, 42113, 50000] {
        add(&format!("text tag {tag}"), &one().with(&[Tag(tag, 2, secret.to_vec())]));
    }
    for tag in [1, 253, 344, 34016, 34850, 37724, 48129, 50341, 65000, 65535] {
        add(&format!("block tag {tag}"), &one().with(&[Tag::undefined(tag, secret)]));
    }
    // Tags of pages that hold more than they should.
    for tag in [
        254, 255, 263, 266, 274, 280, 281, 282, 284, 290, 291, 292, 293, 297, 301, 317, 318, 319, 320, 321, 332, 334, 336, 338, 339, 340,
        347, 512, 529, 530, 531, 532, 34675,
    ] {
        for kind in [1, 3, 4, 5, 7, 12] {
            let width = [1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8][usize::from(kind)];
            let whole = &secret[..secret.len() / width * width];
            add(&format!("tag {tag} of type {kind}"), &one().with(&[Tag(tag, kind, whole.to_vec())]));
        }
    }
    for tag in [256, 258, 259, 262, 277, 278] {
        add(&format!("second tag {tag}"), &one().with(&[Tag(tag, 2, secret.to_vec())]));
    }
    add("tag of an unknown type", &one().with(&[Tag(700, 99, secret.to_vec())]));
    let packet = join(&[b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description dc:title='", secret, b"'/></rdf:RDF></x:xmpmeta>"]);
    add("XMP", &one().with(&[Tag(700, 1, packet)]));
    add("IPTC", &one().with(&[Tag::undefined(33723, &iptc(&[(2, 90, secret)]))]));
    let resources = photoshop(&[(0x0404, &iptc(&[(2, 90, secret)])), (0x0BB7, secret)]);
    add("Photoshop", &one().with(&[Tag(34377, 1, resources[14..].to_vec())]));
    add("ICC description", &one().with(&[Tag::undefined(34675, &p3_profile(&text))]));
    add("ICC behind its end", &one().with(&[Tag::undefined(34675, &join(&[&p3_profile("P3"), secret]))]));
    let directories: [(&str, u16, Vec<Tag>); 6] = [
        ("Exif comment", 34665, vec![Tag::undefined(0x9286, &join(&[b"ASCII\0\0\0", secret]))]),
        ("Exif maker note", 34665, vec![Tag::undefined(0x927C, &join(&[b"Apple iOS\0", secret]))]),
        ("GPS", 34853, [westminster(), vec![Tag::undefined(0x1B, secret)]].concat()),
        ("directory of unknown tags", 34665, vec![Tag::undefined(0xBEEF, secret)]),
        ("SubIFD", 330, [page().tags, vec![Tag(270, 2, secret.to_vec())]].concat()),
        ("global parameters", 400, vec![Tag(270, 2, secret.to_vec())]),
    ];
    for (place, tag, tags) in directories {
        let mut page = page();
        page.below.push((tag, tags));
        add(place, &file(vec![page]));
    }
    add("before the first directory", &File { before: secret.to_vec(), ..one() });
    add("before the strips", &File { between: secret.to_vec(), ..one() });
    let mut small = page();
    small.strips = vec![secret.repeat(48); 2];
    for (what, subfile) in [("reduced", 1_u16), ("mask", 4)] {
        let mut page = small.clone();
        page.tags.push(Tag::long(254, subfile.into()));
        add(&format!("page: {what}"), &file(vec![self::page(), page.clone()]));
        add(&format!("first page: {what}"), &file(vec![page, self::page()]));
    }
    let not_a_picture = Page { tags: vec![Tag(270, 2, secret.to_vec())], ..Page::default() };
    add("directory of no picture", &file(vec![page(), not_a_picture]));
    add("circle", &File { is_circle: true, ..one().with(&[Tag(270, 2, secret.to_vec())]) });
    let mut more = page();
    more.strips.push(secret.to_vec());
    add("one strip too many", &file(vec![more]));
    let mut overlong = page();
    overlong.overlong = secret.len();
    let mut behind = file(vec![overlong]);
    behind.pages.push(Page { tags: vec![Tag(270, 2, b"x".to_vec())], strips: vec![secret.to_vec()], ..Page::default() });
    add("behind the rows of the last strip", &behind);
    type Pack = fn(&[u8]) -> Vec<u8>;
    let packers: [(&str, u16, Pack); 5] =
        [("none", 1, <[u8]>::to_vec), ("LZW", 5, lzw), ("Deflate", 8, zlib), ("old Deflate", 32946, zlib), ("PackBits", 32773, pack_bits)];
    for (name, compression, pack) in packers {
        add(&format!("behind packed rows: {name}"), &file(vec![packed(compression, 7, &|rows| join(&[&pack(rows), secret]))]));
    }
    let com = segment(0xFE, secret);
    let app = segment(0xE1, secret);
    let table = segment(0xDB, &[[0x03].as_slice(), secret, &[1; 64]].concat()[..65]);
    add("JPEG: comment in a strip", &file(vec![jpeg_page(&[], std::slice::from_ref(&com), &[])]));
    add("JPEG: application segment in a strip", &file(vec![jpeg_page(&[], std::slice::from_ref(&app), &[])]));
    add("JPEG: Adobe segment in a strip", &file(vec![jpeg_page(&[], &[segment(0xEE, &join(&[b"Adobe\0\x64\0\0\0\0\x01", secret]))], &[])]));
    add("JPEG: table in a strip that is not used", &file(vec![jpeg_page(&[], std::slice::from_ref(&table), &[])]));
    add("JPEG: behind a strip's end", &file(vec![jpeg_page(&[], &[], secret)]));
    add("JPEG: comment in the tables", &file(vec![jpeg_page(&[com], &[], &[])]));
    add("JPEG: application segment in the tables", &file(vec![jpeg_page(&[app], &[], &[])]));
    add("JPEG: table that is not used", &file(vec![jpeg_page(&[table], &[], &[])]));
    let whole = jpeg_with(&jpeg(), &[segment(0xFE, secret)]);
    let mut interchange = packed(7, HEIGHT, &|_| whole.clone());
    interchange.tags[4] = Tag::short(262, 6);
    add("JPEG: comment in a whole file as a strip", &file(vec![interchange]));
}

/// The picture that a file of [`places`] shows.
pub(crate) fn alone(place: &str) -> Vec<u8> {
    if place.starts_with("JPEG") { file(vec![jpeg_page(&[], &[], &[])]).bytes() } else { tiff() }
}
