//! Writes HEIF files from items and boxes, valid or broken, around tiny real pictures: HEIC as phones do, a grid of one tile, AVIF as one item.

use darkslide::Format;

use super::{HEIGHT, Tiff, WIDTH, jpeg_with, jumbf, segment};

/// A file in parts.
#[derive(Clone)]
pub(crate) struct Heif {
    /// The major brand, then the compatible ones.
    pub(crate) brands: Vec<[u8; 4]>,
    pub(crate) handler_name: Vec<u8>,
    pub(crate) primary: u16,
    pub(crate) items: Vec<Item>,
    /// Type, from, to.
    pub(crate) references: Vec<([u8; 4], u16, Vec<u16>)>,
    /// Counted from 1 where items name them.
    pub(crate) properties: Vec<([u8; 4], Vec<u8>)>,
    /// Further boxes in `meta`.
    pub(crate) in_meta: Vec<Vec<u8>>,
    /// Boxes before and behind `mdat`.
    pub(crate) before: Vec<Vec<u8>>,
    pub(crate) behind: Vec<Vec<u8>>,
    /// Bytes of no item: at the start of `mdat`, between items, at its end.
    pub(crate) gaps: [Vec<u8>; 3],
    /// Bytes of no item in `idat`.
    pub(crate) idat_gap: Vec<u8>,
    /// Another `iloc` box than the usual one, for items whose data starts at a given byte.
    pub(crate) iloc: Option<fn(usize) -> Vec<u8>>,
}

#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) id: u16,
    pub(crate) kind: [u8; 4],
    pub(crate) hidden: bool,
    /// The name, its NUL, and what may follow.
    pub(crate) name: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) in_idat: bool,
    /// Numbers of properties; 0x80 is added to those that are essential.
    pub(crate) properties: Vec<u8>,
}

impl Item {
    pub(crate) fn new(id: u16, kind: &[u8; 4], data: &[u8]) -> Self {
        Self { id, kind: *kind, hidden: false, name: vec![0], data: data.to_vec(), in_idat: false, properties: Vec::new() }
    }
}

/// The picture alone.
pub(crate) fn picture(format: Format) -> Heif {
    let ispe = |width: u16, height: u16| (*b"ispe", [[0; 4], u32::from(width).to_be_bytes(), u32::from(height).to_be_bytes()].concat());
    let pixi = (*b"pixi", vec![0, 0, 0, 0, 3, 8, 8, 8]);
    let empty = Heif {
        brands: Vec::new(),
        handler_name: vec![0],
        primary: 1,
        items: Vec::new(),
        references: Vec::new(),
        properties: Vec::new(),
        in_meta: Vec::new(),
        before: Vec::new(),
        behind: Vec::new(),
        gaps: [Vec::new(), Vec::new(), Vec::new()],
        idat_gap: Vec::new(),
        iloc: None,
    };
    if format == Format::Avif {
        return Heif {
            brands: vec![*b"avif", *b"avif", *b"MA1B", *b"mif1", *b"miaf"],
            items: vec![Item { properties: vec![1, 2, 0x83, 4], ..Item::new(1, b"av01", AV1) }],
            properties: vec![
                ispe(WIDTH, HEIGHT),
                pixi,
                (*b"av1C", vec![0x81, 0, 0x0C, 0]),
                (*b"colr", b"nclx\0\x01\0\x0D\0\x06\x80".to_vec()),
            ],
            ..empty
        };
    }
    let grid = [0, 0, 0, 0, 0, WIDTH as u8, 0, HEIGHT as u8];
    Heif {
        brands: vec![*b"heic", *b"heic", *b"mif1", *b"miaf"],
        primary: 2,
        items: vec![
            Item { hidden: true, properties: vec![0x81, 2], ..Item::new(1, b"hvc1", HEVC) },
            Item { in_idat: true, properties: vec![3, 4], ..Item::new(2, b"grid", &grid) },
        ],
        references: vec![(*b"dimg", 2, vec![1])],
        properties: vec![(*b"hvcC", HEVC_CONFIGURATION.to_vec()), ispe(64, 64), ispe(WIDTH, HEIGHT), pixi],
        ..empty
    }
}

impl Heif {
    /// Adds an item that says something about the primary picture, or belongs to it.
    pub(crate) fn with(mut self, item: Item, reference: &[u8; 4]) -> Self {
        self.references.push((*reference, item.id, vec![self.primary]));
        self.items.push(item);
        self
    }

    /// Adds a property to the primary picture.
    pub(crate) fn with_property(mut self, kind: &[u8; 4], content: &[u8]) -> Self {
        let number = self.unused_property(kind, content);
        self.primary_item().properties.push(number);
        self
    }

    fn unused_property(&mut self, kind: &[u8; 4], content: &[u8]) -> u8 {
        self.properties.push((*kind, content.to_vec()));
        self.properties.len() as u8
    }

    pub(crate) fn primary_item(&mut self) -> &mut Item {
        let primary = self.primary;
        self.items.iter_mut().find(|i| i.id == primary).unwrap()
    }

    /// The item with coded data, and the property that configures its decoder.
    fn coded(&mut self) -> &mut Item {
        &mut self.items[0]
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let ftyp = bmff(b"ftyp", &[self.brands[0].as_slice(), &[0; 4], &self.brands[1..].concat()].concat());
        // The first time offsets are wrong, but as long as they will be.
        let start = ftyp.len() + self.meta(0).len() + self.before.concat().len() + 8;
        let mut data = self.gaps[0].clone();
        for (number, item) in self.items.iter().filter(|i| !i.in_idat).enumerate() {
            if number == 1 {
                data.extend(&self.gaps[1]);
            }
            data.extend(&item.data);
        }
        data.extend(&self.gaps[2]);
        [ftyp, self.meta(start), self.before.concat(), bmff(b"mdat", &data), self.behind.concat()].concat()
    }

    fn meta(&self, start: usize) -> Vec<u8> {
        let hdlr = full(b"hdlr", 0, &[b"\0\0\0\0pict".as_slice(), &[0; 12], &self.handler_name].concat());
        let pitm = full(b"pitm", 0, &self.primary.to_be_bytes());
        let mut idat: Vec<u8> = Vec::new();
        let mut data_at = start + self.gaps[0].len();
        let has_idat = self.items.iter().any(|i| i.in_idat);
        let mut iloc = [&[0x44, 0], (self.items.len() as u16).to_be_bytes().as_slice()].concat();
        let mut number = 0;
        for item in &self.items {
            iloc.extend(item.id.to_be_bytes());
            if has_idat {
                iloc.extend([0, u8::from(item.in_idat)]);
            }
            iloc.extend([0, 0, 0, 1]);
            let at = if item.in_idat {
                idat.extend(&item.data);
                idat.len() - item.data.len()
            } else {
                number += 1;
                data_at += if number == 2 { self.gaps[1].len() } else { 0 };
                data_at += item.data.len();
                data_at - item.data.len()
            };
            iloc.extend((at as u32).to_be_bytes());
            iloc.extend((item.data.len() as u32).to_be_bytes());
        }
        idat.extend(&self.idat_gap);
        let infe = |item: &Item| {
            let content = [item.id.to_be_bytes().as_slice(), &[0, 0], &item.kind, &item.name].concat();
            bmff(b"infe", &[&[2, 0, 0, u8::from(item.hidden)], content.as_slice()].concat())
        };
        let infes = self.items.iter().map(infe).collect::<Vec<_>>().concat();
        let iinf = full(b"iinf", 0, &[(self.items.len() as u16).to_be_bytes().as_slice(), &infes].concat());
        let reference = |(kind, from, to): &([u8; 4], u16, Vec<u16>)| {
            let numbers = [vec![*from, to.len() as u16], to.clone()].concat();
            bmff(kind, &numbers.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<_>>())
        };
        let iref = match self.references.as_slice() {
            [] => Vec::new(),
            some => full(b"iref", 0, &some.iter().map(reference).collect::<Vec<_>>().concat()),
        };
        let described: Vec<&Item> = self.items.iter().filter(|i| !i.properties.is_empty()).collect();
        let mut ipma = (described.len() as u32).to_be_bytes().to_vec();
        for item in described {
            ipma.extend(item.id.to_be_bytes());
            ipma.push(item.properties.len() as u8);
            ipma.extend(&item.properties);
        }
        let ipco = bmff(b"ipco", &self.properties.iter().map(|(kind, content)| bmff(kind, content)).collect::<Vec<_>>().concat());
        let iprp = bmff(b"iprp", &[ipco, full(b"ipma", 0, &ipma)].concat());
        let idat = if idat.is_empty() { Vec::new() } else { bmff(b"idat", &idat) };
        let iloc = self.iloc.map_or_else(|| full(b"iloc", u8::from(has_idat), &iloc), |other| other(start));
        full(b"meta", 0, &[hdlr, pitm, iloc, iinf, iref, iprp, idat, self.in_meta.concat()].concat())
    }
}

pub(crate) fn bmff(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes(), kind.as_slice(), content].concat()
}

pub(crate) fn full(kind: &[u8; 4], version: u8, content: &[u8]) -> Vec<u8> {
    bmff(kind, &[&[version, 0, 0, 0], content].concat())
}

/// A NAL unit behind its length.
pub(crate) fn nal_unit(kind: u8, layer: u8, payload: &[u8]) -> Vec<u8> {
    let unit = [&[kind << 1 | layer >> 5, layer << 3 | 1], payload].concat();
    [&(unit.len() as u32).to_be_bytes(), unit.as_slice()].concat()
}

/// An OBU with a size.
pub(crate) fn obu(kind: u8, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 128);
    [&[kind << 3 | 2, payload.len() as u8], payload].concat()
}

/// An item with Exif.
pub(crate) fn with_exif(format: Format, tiff: &[u8]) -> Vec<u8> {
    picture(format).with(Item::new(7, b"Exif", &[&[0, 0, 0, 6], b"Exif\0\0".as_slice(), tiff].concat()), b"cdsc").bytes()
}

pub(crate) fn with_mime(format: Format, content_type: &str, data: &[u8]) -> Vec<u8> {
    let name = [b"\0", content_type.as_bytes(), b"\0"].concat();
    picture(format).with(Item { name, ..Item::new(7, b"mime", data) }, b"cdsc").bytes()
}

pub(crate) fn with_profile(format: Format, profile: &[u8]) -> Vec<u8> {
    picture(format).with_property(b"colr", &[b"prof", profile].concat()).bytes()
}

/// `secret` in every place of a HEIF file that we can think of, besides Exif, XMP and profiles.
pub(crate) fn places(secret: &[u8], add: &mut dyn FnMut(&str, Format, Vec<u8>)) {
    places_of_sequences(secret, add);
    for format in [Format::Heic, Format::Avif] {
        let clean = || picture(format);
        let mut add = |place: &str, file: Heif| add(place, format, file.bytes());
        let coded = if format == Format::Avif { *b"av01" } else { *b"hvc1" };
        let named = |text: &[u8]| [text, b"\0"].concat();
        let joined = |parts: &[&[u8]]| parts.concat();

        // Items.
        let item = |kind: &[u8; 4], data: &[u8]| Item::new(7, kind, data);
        add("unknown item", clean().with(item(b"prVt", secret), b"cdsc"));
        add("item that nothing refers to", Heif { items: [clean().items, vec![item(b"prVt", secret)]].concat(), ..clean() });
        add("uri item", clean().with(Item { name: joined(&[b"\0", secret, b"\0"]), ..item(b"uri ", secret) }, b"cdsc"));
        add("mime item", clean().with(Item { name: b"\0text/plain\0".to_vec(), ..item(b"mime", secret) }, b"cdsc"));
        add("packed XMP", clean().with(Item { name: b"\0application/rdf+xml\0deflate\0".to_vec(), ..item(b"mime", secret) }, b"cdsc"));
        add("item's type", clean().with(Item { name: joined(&[b"\0", secret, b"\0"]), ..item(b"mime", b"x") }, b"cdsc"));
        add("behind an item's name", clean().with(Item { name: joined(&[b"\0", secret]), ..item(b"Exif", b"\0\0\0\0") }, b"cdsc"));
        add("thumbnail", clean().with(item(&coded, secret), b"thmb"));
        add("thumbnail as JPEG", clean().with(item(b"jpeg", &jpeg_with(&super::jpeg(), &[segment(0xFE, secret)])), b"thmb"));
        add("second picture", clean().with(item(&coded, secret), b"base"));
        add("tone mapping", {
            let mut file = clean().with(item(&coded, secret), b"cdsc");
            file.items.push(Item::new(8, b"tmap", secret));
            file.references.push((*b"dimg", 8, vec![file.primary, 7]));
            file
        });
        for urn in
            ["urn:com:apple:photo:2020:aux:hdrgainmap", "urn:mpeg:hevc:2015:auxid:2", "urn:com:apple:photo:2018:aux:portraiteffectsmatte"]
        {
            let mut file = clean();
            let number = file.unused_property(b"auxC", &joined(&[&[0; 4], urn.as_bytes(), b"\0", secret]));
            add(&format!("auxiliary picture: {urn}"), file.with(Item { properties: vec![number], ..item(&coded, secret) }, b"auxl"));
        }
        add("name of the picture", {
            let mut file = clean();
            file.primary_item().name = named(secret);
            file
        });
        add("behind the picture's name", {
            let mut file = clean();
            file.primary_item().name = joined(&[b"\0", secret]);
            file
        });
        add("two Exif items", {
            let exif = Tiff { main: vec![super::Tag(0x010E, 2, secret.to_vec())], ..Tiff::default() }.bytes();
            let data = joined(&[&[0; 4], &exif]);
            clean().with(item(b"Exif", &data), b"cdsc").with(Item::new(8, b"Exif", &data), b"cdsc")
        });

        // Properties.
        for (index, (kind, content)) in clean().properties.into_iter().enumerate() {
            let mut file = clean();
            file.properties[index].1 = joined(&[&content, secret]);
            add(&format!("behind {} {index}", String::from_utf8_lossy(&kind)), file);
        }
        for (kind, content) in [
            (b"irot", vec![0]),
            (b"imir", vec![0]),
            (b"pasp", vec![0, 0, 0, 1, 0, 0, 0, 1]),
            (b"clli", vec![0; 4]),
            (b"mdcv", vec![0; 24]),
            (b"amve", vec![0; 8]),
            (b"a1op", vec![0]),
            (b"lsel", vec![0, 0]),
        ] {
            let name = String::from_utf8_lossy(kind);
            add(&format!("behind {name}"), clean().with_property(kind, &joined(&[&content, secret])));
        }
        for kind in
            [b"udes", b"altt", b"crtt", b"prVt", b"free", b"uuid", b"auxC", b"mdcv", b"amve", b"clap", b"colr", b"rICC", b"a1lx", b"cclv"]
        {
            // A crop is numbers, which we cannot tell from others; of 24 bytes it is none.
            let content = joined(&[&[0; 4], &secret[..24]]);
            add(&format!("property {}", String::from_utf8_lossy(kind)), clean().with_property(kind, &content));
        }
        add("property of nothing", {
            let mut file = clean();
            file.unused_property(b"udes", secret);
            file
        });
        add("second size", clean().with_property(b"ispe", &joined(&[&[0; 4], &secret[..8]])));

        // Boxes.
        for kind in
            [b"free", b"skip", b"uuid", b"udta", b"xml ", b"bxml", b"prVt", b"grpl", b"dinf", b"ipro", b"fiin", b"hdlr", b"iprp", b"idat"]
        {
            let name = String::from_utf8_lossy(kind);
            add(&format!("box in meta: {name}"), Heif { in_meta: vec![bmff(kind, secret)], ..clean() });
        }
        add("group", Heif { in_meta: vec![bmff(b"grpl", &full(b"ster", 0, secret))], ..clean() });
        add("handler's name", Heif { handler_name: named(secret), ..clean() });
        let c2pa =
            joined(&[b"\xD8\xFE\xC3\xD6\x1B\x0E\x48\x3C\x92\x97\x58\x28\x87\x7E\xC4\x81\0\0\0\0manifest\0", &[0; 8], &jumbf(secret)]);
        let mut top = vec![("C2PA".to_owned(), bmff(b"uuid", &c2pa)), ("motion photo".to_owned(), bmff(b"mpvd", &bmff(b"mdat", secret)))];
        for kind in
            [b"free", b"skip", b"wide", b"uuid", b"udta", b"jumb", b"moov", b"moof", b"meta", b"sefd", b"prVt", b"mdat", b"ftyp", b"meco"]
        {
            top.push((String::from_utf8_lossy(kind).into_owned(), bmff(kind, secret)));
        }
        for (name, content) in top {
            add(&format!("box before the pictures: {name}"), Heif { before: vec![content.clone()], ..clean() });
            add(&format!("box behind the pictures: {name}"), Heif { behind: vec![content], ..clean() });
        }
        add(
            "brands",
            Heif { brands: [clean().brands, secret[..24].chunks(4).map(|c| c.try_into().unwrap()).collect()].concat(), ..clean() },
        );
        add("before the pictures", Heif { gaps: [secret.to_vec(), vec![], vec![]], ..clean() });
        add("between the pictures", Heif { gaps: [vec![], secret.to_vec(), vec![]], ..clean() }.with(item(b"Exif", b"\0\0\0\0"), b"cdsc"));
        add("behind the pictures", Heif { gaps: [vec![], vec![], secret.to_vec()], ..clean() });
        add("behind the end", Heif { behind: vec![joined(&[&[0xFF, 0xFF], secret])], ..clean() });

        // Coded data.
        let mut coded_with = |place: &str, before: &[u8], behind: &[u8]| {
            let mut file = clean();
            let data = file.coded().data.clone();
            file.coded().data = joined(&[before, &data, behind]);
            add(place, file);
        };
        if format == Format::Avif {
            for kind in [0, 2, 5, 8, 9, 14, 15] {
                let unit = obu(kind, secret);
                coded_with(&format!("OBU {kind} before the frame"), &unit, &[]);
                coded_with(&format!("OBU {kind} behind the frame"), &[], &unit);
            }
            coded_with("T.35 metadata", &[], &obu(5, &joined(&[&[4, 0xB5], secret])));
        } else {
            for kind in [10, 22, 35, 36, 38, 39, 40, 41, 48, 63] {
                let unit = nal_unit(kind, 0, secret);
                coded_with(&format!("NAL unit {kind} before the slice"), &unit, &[]);
                coded_with(&format!("NAL unit {kind} behind the slice"), &[], &unit);
            }
            coded_with("encoder's settings", &nal_unit(39, 0, &joined(&[&[5, secret.len() as u8 + 16], &[7; 16], secret, &[0x80]])), &[]);
            coded_with("slice of another layer", &[], &nal_unit(1, 1, secret));
            coded_with("behind the last unit", &[], &[0, 0, 1]);
            let mut file = clean();
            let sei = nal_unit(39, 0, secret);
            // One array more, of one unit, whose length has two bytes.
            file.properties[0].1[22] += 1;
            file.properties[0].1.extend(joined(&[&[39, 0, 1], &sei[2..]]));
            add("SEI in the configuration", file);
            add("behind the grid", {
                let mut file = clean();
                file.primary_item().data.extend(secret);
                file
            });
            add("in idat", Heif { idat_gap: secret.to_vec(), ..clean() });
        }
    }
}

/// Two frames, the first of which is the still picture as well. `more` gives what is to be added in a place: to the boxes that hold others by
/// their name, or to `entry`, `name`, `compressor`, `dates`, `data`.
pub(crate) fn animated(format: Format, more: &dyn Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let mut still = picture(format);
    still.brands = match format {
        Format::Avif => vec![*b"avis", *b"avif", *b"MA1B", *b"mif1", *b"miaf", *b"avis", *b"msf1"],
        _ => vec![*b"hevc", *b"heic", *b"mif1", *b"miaf", *b"hevc", *b"msf1"],
    };
    let frame = &still.items[0].data;
    // The first time offsets are wrong, but as long as they will be.
    let ftyp = bmff(b"ftyp", &[still.brands[0].as_slice(), &[0; 4], &still.brands[1..].concat()].concat());
    let start = ftyp.len() + still.meta(0).len() + moov(format, 0, more).len() + 8;
    let data = bmff(b"mdat", &[frame.as_slice(), frame, &more("data")].concat());
    [ftyp, still.meta(start), moov(format, start, more), data, more("file")].concat()
}

fn moov(format: Format, start: usize, more: &dyn Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let (kind, size) = if format == Format::Avif { (b"av01", AV1.len()) } else { (b"hvc1", HEVC.len()) };
    let number = |n: usize| (n as u32).to_be_bytes();
    let dates = || {
        let mut dates = more("dates");
        dates.resize(8, 0);
        dates
    };
    let with = |kind: &[u8; 4], content: Vec<Vec<u8>>| bmff(kind, &[content.concat(), more(&String::from_utf8_lossy(kind))].concat());
    let unity = [[0, 1, 0, 0], [0; 4], [0; 4], [0; 4], [0, 1, 0, 0], [0; 4], [0; 4], [0; 4], [0x40, 0, 0, 0]].concat();
    let mvhd = [
        dates(),
        number(1000).to_vec(),
        number(300).to_vec(),
        vec![0, 1, 0, 0, 1, 0],
        vec![0; 10],
        unity.clone(),
        vec![0; 24],
        number(2).to_vec(),
    ];
    let tkhd = [
        dates(),
        number(1).to_vec(),
        vec![0; 4],
        number(300).to_vec(),
        vec![0; 16],
        unity,
        vec![0, WIDTH as u8, 0, 0],
        vec![0, HEIGHT as u8, 0, 0],
    ];
    let tkhd = bmff(b"tkhd", &[vec![0, 0, 0, 3], tkhd.concat()].concat());
    let mdhd = [dates(), number(1000).to_vec(), number(300).to_vec(), vec![0x55, 0xC4, 0, 0]].concat();
    let hdlr = [vec![0; 4], b"pict".to_vec(), vec![0; 12], more("name"), vec![0]].concat();
    let mut compressor = more("compressor");
    compressor.truncate(31);
    compressor.insert(0, compressor.len() as u8);
    compressor.resize(32, 0);
    let sides = vec![0, WIDTH as u8, 0, HEIGHT as u8, 0, 0x48, 0, 0, 0, 0x48, 0, 0, 0, 0, 0, 0, 0, 1];
    let entry = [
        vec![0, 0, 0, 0, 0, 0, 0, 1],
        vec![0; 16],
        sides,
        compressor,
        vec![0, 0x18, 0xFF, 0xFF],
        if format == Format::Avif { bmff(b"av1C", &[0x81, 0, 0x0C, 0]) } else { bmff(b"hvcC", HEVC_CONFIGURATION) },
        bmff(b"colr", b"nclx\0\x01\0\x0D\0\x06\x80"),
        full(b"ccst", 0, &[0xFC, 0, 0, 0]),
        more("entry"),
    ];
    let stsd = full(b"stsd", 0, &[number(1).to_vec(), bmff(kind, &entry.concat())].concat());
    let stts = full(b"stts", 0, &[number(2), number(1), number(100), number(1), number(200)].concat());
    let stsc = full(b"stsc", 0, &[number(1), number(1), number(2), number(1)].concat());
    let stsz = full(b"stsz", 0, &[number(0), number(2), number(size), number(size)].concat());
    let stco = full(b"stco", 0, &[number(1), number(start)].concat());
    let dinf = bmff(b"dinf", b"\0\0\0\x1Cdref\0\0\0\0\0\0\0\x01\0\0\0\x0Curl \0\0\0\x01");
    let vmhd = bmff(b"vmhd", &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    let stbl = with(b"stbl", vec![stsd, stts, stsc, stsz, stco]);
    let mdia = with(b"mdia", vec![full(b"mdhd", 0, &mdhd), full(b"hdlr", 0, &hdlr), with(b"minf", vec![vmhd, dinf, stbl])]);
    let edts = with(
        b"edts",
        vec![bmff(b"elst", &[vec![0, 0, 0, 1], number(1).to_vec(), number(300).to_vec(), vec![0, 0, 0, 0, 0, 1, 0, 0]].concat())],
    );
    let trak = with(b"trak", vec![tkhd, edts, mdia]);
    with(b"moov", vec![full(b"mvhd", 0, &mvhd.concat()), trak])
}

/// `secret` in every place of a sequence that stills do not have.
fn places_of_sequences(secret: &[u8], add: &mut dyn FnMut(&str, Format, Vec<u8>)) {
    let mut add = |place: &str, at: &str, bytes: &[u8]| {
        let more = |asked: &str| if asked == at { bytes.to_vec() } else { Vec::new() };
        for format in [Format::Avif, Format::Heic] {
            add(&format!("animation: {place}"), format, animated(format, &more));
        }
    };
    for at in ["moov", "trak", "edts", "mdia", "minf", "stbl", "entry", "file"] {
        for kind in [b"udta", b"free", b"meta", b"prVt", b"sgpd", b"uuid"] {
            add(&format!("{} in {at}", String::from_utf8_lossy(kind)), at, &bmff(kind, secret));
        }
    }
    add("name", "name", secret);
    add("compressor", "compressor", secret);
    add("dates", "dates", &secret[..8]);
    add("between frames", "data", secret);
    add("behind stbl's boxes", "stbl", secret);
    add("behind moov's boxes", "moov", secret);
    add("prediction of frames", "entry", &full(b"ccst", 0, &[&[0xFC, 0, 0, 0], secret].concat()));
    add("profile\'s texts", "entry", &bmff(b"colr", &[b"prof", super::p3_profile(&String::from_utf8_lossy(secret)).as_slice()].concat()));
    // A track of sound, whose sample is the secret as it stands in `udta`.
    let sound = super::jumbf(secret);
    add("another track", "moov", &bmff(b"trak", &[bmff(b"tkhd", &sound), bmff(b"udta", &sound)].concat()));
}

/// Parameter sets of a picture of 64 × 64 px, of which 24 × 16 are shown.
const HEVC_CONFIGURATION: &[u8] = &[
    0x01, 0x03, 0x70, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1E, 0xF0, 0x00, 0xFC, 0xFD, 0xF8, 0xF8, 0x00, 0x00, 0x0F,
    0x03, 0x20, 0x00, 0x01, 0x00, 0x18, 0x40, 0x01, 0x0C, 0x01, 0xFF, 0xFF, 0x03, 0x70, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03,
    0x00, 0x00, 0x03, 0x00, 0x1E, 0xBA, 0x02, 0x40, 0x21, 0x00, 0x01, 0x00, 0x2A, 0x42, 0x01, 0x01, 0x03, 0x70, 0x00, 0x00, 0x03, 0x00,
    0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x1E, 0xA0, 0x20, 0x81, 0x05, 0x96, 0xEA, 0xAE, 0x9A, 0xE6, 0xE0, 0x40, 0x40, 0xC0,
    0x80, 0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x03, 0x00, 0x84, 0x22, 0x00, 0x01, 0x00, 0x06, 0x44, 0x01, 0xC1, 0x73, 0xC1, 0x89,
];

/// A length and a slice.
const HEVC: &[u8] = &[
    0x00, 0x00, 0x00, 0x50, 0x28, 0x01, 0xAF, 0x19, 0x21, 0xA3, 0x60, 0x58, 0xEF, 0x5B, 0xE6, 0x3B, 0x3E, 0x04, 0xBF, 0x44, 0xE6, 0xE1,
    0x0C, 0xC0, 0x89, 0x0D, 0x3C, 0xE4, 0xF4, 0xD4, 0x2E, 0xBA, 0x0C, 0xCA, 0xC3, 0x2F, 0xA2, 0x3D, 0xDF, 0xF5, 0x00, 0x0B, 0x9E, 0x57,
    0x87, 0xA6, 0x5E, 0x90, 0xBA, 0x25, 0xE4, 0xE7, 0xDA, 0x58, 0x2A, 0x8B, 0x9E, 0x66, 0xBA, 0x1B, 0xE5, 0x38, 0x86, 0x48, 0xD8, 0xB4,
    0xC7, 0x3C, 0xF5, 0xF5, 0x35, 0xAE, 0x24, 0xB2, 0x67, 0x09, 0x8D, 0xE2, 0x80, 0xAA, 0x67, 0x03, 0x87, 0x30,
];

/// A sequence header and a frame.
const AV1: &[u8] = &[
    0x0A, 0x09, 0x18, 0x10, 0xEF, 0xEC, 0x90, 0x10, 0xD0, 0x68, 0x40, 0x32, 0x26, 0x1A, 0x00, 0x08, 0x21, 0x80, 0x04, 0x00, 0xC3, 0x24,
    0x0C, 0x84, 0x14, 0x79, 0xAF, 0xF3, 0x2F, 0x23, 0xD6, 0x8D, 0xCB, 0xAD, 0x9F, 0xEE, 0xA8, 0x2D, 0xB8, 0x16, 0x94, 0xC1, 0x64, 0x77,
    0x46, 0x02, 0xC1, 0x32, 0x8F, 0x3C, 0xCC,
];
