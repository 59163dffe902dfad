//! Reads entropy-coded numbers: of profiles, and of the order of a frame's parts. Both stand before what must be found. [ISO/IEC 18181-1 §C]

use super::bits::Bits;

/// A stream of numbers.
pub(super) struct Entropy {
    repeats: Option<Repeats>,
    /// Which code each context is read with.
    clusters: Vec<usize>,
    configs: Vec<Config>,
    codes: Codes,
    /// Numbers read so far, where they may be repeated.
    window: Vec<u32>,
    copy_from: usize,
    copies_left: u32,
}

/// LZ77: symbols from `first` on repeat what was read. [§C.2.3]
struct Repeats {
    first: u32,
    shortest: u32,
    length: Config,
}

enum Codes {
    Prefix(Vec<Prefix>),
    Ans { tables: Vec<Alias>, state: u32 },
}

impl Entropy {
    /// Reads codes for so many contexts, up to the first number.
    pub(super) fn read(bits: &mut Bits, contexts: usize, may_repeat: bool) -> Option<Self> {
        let mut contexts = contexts;
        let mut repeats = None;
        if bits.bool()? {
            if !may_repeat {
                return None;
            }
            let first = bits.u32([(0, 224), (0, 512), (0, 4096), (15, 8)])?;
            let shortest = bits.u32([(0, 3), (0, 4), (2, 5), (8, 9)])?;
            repeats = Some(Repeats { first, shortest, length: Config::read(bits, 8)? });
            // One more context, for distances.
            contexts = contexts.checked_add(1)?;
        }
        let clusters = clusters(bits, contexts)?;
        let count = clusters.iter().max()?.checked_add(1)?;
        let is_prefix = bits.bool()?;
        let log_alphabet = if is_prefix { MAX_PREFIX } else { u32::try_from(bits.take(2)?).ok()?.checked_add(5)? };
        let configs = (0..count).map(|_| Config::read(bits, log_alphabet)).collect::<Option<Vec<_>>>()?;
        let codes = if is_prefix {
            let sizes = (0..count).map(|_| alphabet_size(bits)).collect::<Option<Vec<_>>>()?;
            Codes::Prefix(sizes.into_iter().map(|size| Prefix::read(bits, size)).collect::<Option<_>>()?)
        } else {
            let tables = (0..count).map(|_| Alias::new(&distribution(bits, log_alphabet)?, log_alphabet)).collect::<Option<_>>()?;
            Codes::Ans { tables, state: u32::try_from(bits.take(32)?).ok()? }
        };
        Some(Self { repeats, clusters, configs, codes, window: Vec::new(), copy_from: 0, copies_left: 0 })
    }

    /// Reads one number.
    pub(super) fn value(&mut self, bits: &mut Bits, context: usize) -> Option<u32> {
        if self.repeats.is_none() {
            let cluster = *self.clusters.get(context)?;
            let token = self.symbol(bits, cluster)?;
            return self.configs.get(cluster)?.value(bits, token);
        }
        if self.copies_left == 0 {
            let cluster = *self.clusters.get(context)?;
            let token = self.symbol(bits, cluster)?;
            let repeats = self.repeats.as_ref()?;
            let Some(length) = token.checked_sub(repeats.first) else {
                let value = self.configs.get(cluster)?.value(bits, token)?;
                self.window.push(value);
                return Some(value);
            };
            self.copies_left = repeats.length.value(bits, length)?.checked_add(repeats.shortest)?;
            let cluster = *self.clusters.last()?;
            let token = self.symbol(bits, cluster)?;
            let distance = self.configs.get(cluster)?.value(bits, token)?.min(MAX_DISTANCE).saturating_add(1);
            self.copy_from = self.window.len().saturating_sub(usize::try_from(distance).ok()?);
        }
        self.copies_left = self.copies_left.saturating_sub(1);
        let value = *self.window.get(self.copy_from)?;
        self.copy_from = self.copy_from.saturating_add(1);
        self.window.push(value);
        Some(value)
    }

    /// Whether the stream ends as it must.
    pub(super) fn is_whole(&self) -> bool {
        !matches!(self.codes, Codes::Ans { state, .. } if state != FINAL_STATE)
    }

    fn symbol(&mut self, bits: &mut Bits, cluster: usize) -> Option<u32> {
        match &mut self.codes {
            Codes::Prefix(codes) => codes.get(cluster)?.symbol(bits),
            Codes::Ans { tables, state } => tables.get(cluster)?.symbol(bits, state),
        }
    }
}

/// How a symbol and bits behind it make a number. [§C.2.2]
struct Config {
    split: u32,
    high: u32,
    low: u32,
}

impl Config {
    fn read(bits: &mut Bits, log_alphabet: u32) -> Option<Self> {
        let split = u32::try_from(bits.take(bits_for(log_alphabet))?).ok()?;
        if split > log_alphabet {
            return None;
        }
        let (mut high, mut low) = (0, 0);
        if split != log_alphabet {
            high = u32::try_from(bits.take(bits_for(split))?).ok()?;
            low = u32::try_from(bits.take(bits_for(split.checked_sub(high)?))?).ok()?;
        }
        (high.saturating_add(low) <= split).then_some(Self { split, high, low })
    }

    fn value(&self, bits: &mut Bits, token: u32) -> Option<u32> {
        let Some(beyond) = token.checked_sub(1 << self.split) else { return Some(token) };
        let in_token = self.high.saturating_add(self.low);
        let count = self.split.checked_sub(in_token)?.checked_add(beyond >> in_token)?;
        if count > 31 {
            return None;
        }
        let rest = bits.take(count)?;
        let high = u64::from(token >> self.low) & ((1 << self.high) - 1) | 1 << self.high;
        let low = u64::from(token) & ((1 << self.low) - 1);
        u32::try_from((high << count | rest) << self.low | low).ok()
    }
}

/// Bits that hold 0 to `most`.
fn bits_for(most: u32) -> u32 {
    most.saturating_add(1).next_power_of_two().trailing_zeros()
}

/// Which code each context is read with. [§C.2.4]
fn clusters(bits: &mut Bits, contexts: usize) -> Option<Vec<usize>> {
    if contexts == 1 {
        return Some(vec![0]);
    }
    let mut all = Vec::new();
    if bits.bool()? {
        let width = u32::try_from(bits.take(2)?).ok()?;
        for _ in 0..contexts {
            all.push(usize::try_from(bits.take(width)?).ok()?);
        }
    } else {
        let moves_to_front = bits.bool()?;
        let mut numbers = Entropy::read(bits, 1, contexts > 2)?;
        let mut recent: Vec<usize> = (0..256).collect();
        for _ in 0..contexts {
            let number = usize::try_from(numbers.value(bits, 0)?).ok().filter(|&n| n < 256)?;
            if moves_to_front {
                let cluster = recent.remove(number);
                recent.insert(0, cluster);
                all.push(cluster);
            } else {
                all.push(number);
            }
        }
        if !numbers.is_whole() {
            return None;
        }
    }
    let most = *all.iter().max()?;
    (0..=most).all(|cluster| all.contains(&cluster)).then_some(all)
}

fn alphabet_size(bits: &mut Bits) -> Option<usize> {
    if !bits.bool()? {
        return Some(1);
    }
    let width = u32::try_from(bits.take(4)?).ok()?;
    let size = bits.take(width)?.checked_add(1 << width)?.checked_add(1)?;
    usize::try_from(size).ok().filter(|&size| size <= 1 << MAX_PREFIX)
}

/// A prefix code, as in Brotli. [RFC 7932 §3]
struct Prefix {
    /// How many codes there are of each length.
    counts: [u32; 16],
    /// Symbols, by the length of their codes.
    symbols: Vec<u32>,
}

impl Prefix {
    fn read(bits: &mut Bits, size: usize) -> Option<Self> {
        if size == 1 {
            return Some(Self::single(0));
        }
        let skipped = bits.take(2)?;
        if skipped == 1 { Self::simple(bits, size) } else { Self::complex(bits, size, usize::try_from(skipped).ok()?) }
    }

    fn single(symbol: u32) -> Self {
        Self { counts: [0; 16], symbols: vec![symbol] }
    }

    /// From each symbol's code length; `None` unless the codes are just as many as fit.
    fn of(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0_u32; 16];
        let mut by_length: Vec<Vec<u32>> = vec![Vec::new(); 16];
        let mut space = 0_u32;
        for (symbol, &length) in lengths.iter().enumerate().filter(|&(_, &length)| length > 0) {
            by_length.get_mut(usize::from(length))?.push(u32::try_from(symbol).ok()?);
            let count = counts.get_mut(usize::from(length))?;
            *count = count.saturating_add(1);
            space = space.saturating_add(1 << (15 - length));
        }
        let symbols = by_length.concat();
        (space == 1 << 15).then_some(Self { counts, symbols })
    }

    /// [RFC 7932 §3.4]
    fn simple(bits: &mut Bits, size: usize) -> Option<Self> {
        let width = size.next_power_of_two().trailing_zeros();
        let count = bits.take(2)?.saturating_add(1);
        let symbols = (0..count).map(|_| usize::try_from(bits.take(width)?).ok().filter(|&s| s < size)).collect::<Option<Vec<_>>>()?;
        let lengths: &[u8] = match count {
            1 => return Some(Self::single(u32::try_from(*symbols.first()?).ok()?)),
            2 => &[1, 1],
            3 => &[1, 2, 2],
            _ if bits.bool()? => &[1, 2, 3, 3],
            _ => &[2, 2, 2, 2],
        };
        let mut all = vec![0; size];
        for (&symbol, &length) in symbols.iter().zip(lengths) {
            *all.get_mut(symbol)? = length;
        }
        Self::of(&all)
    }

    /// [RFC 7932 §3.5]
    fn complex(bits: &mut Bits, size: usize, skipped: usize) -> Option<Self> {
        let mut lengths = [0_u8; 18];
        let mut space = 0_u32;
        for &symbol in LENGTH_ORDER.iter().skip(skipped) {
            let length = match bits.take(2)? {
                0 => 0,
                1 => 4,
                2 => 3,
                _ if !bits.bool()? => 2,
                _ if !bits.bool()? => 1,
                _ => 5,
            };
            *lengths.get_mut(symbol)? = length;
            if length > 0 {
                space = space.checked_add(32 >> length)?;
            }
            if space >= 32 {
                break;
            }
        }
        let used: Vec<usize> = (0..18).filter(|&symbol| lengths.get(symbol).is_some_and(|&l| l > 0)).collect();
        let code = match used.as_slice() {
            [only] => Self::single(u32::try_from(*only).ok()?),
            _ => Self::of(&lengths)?,
        };
        let mut all: Vec<u8> = Vec::new();
        let (mut before, mut repeated, mut run) = (8_u8, None::<u32>, 0_usize);
        let mut space = 0_u32;
        while all.len() < size && space < 1 << 15 {
            let symbol = code.symbol(bits)?;
            let (length, count) = match symbol {
                0..=15 => {
                    repeated = None;
                    (u8::try_from(symbol).ok()?, 1)
                }
                _ => {
                    let width = if symbol == 16 { 2 } else { 3 };
                    let more = usize::try_from(bits.take(width)?).ok()?.checked_add(3)?;
                    // A repetition behind one of the same kind makes it longer.
                    let total =
                        if repeated == Some(symbol) { run.checked_sub(2)?.checked_mul(1 << width)?.checked_add(more)? } else { more };
                    let count = if repeated == Some(symbol) { total.checked_sub(run)? } else { total };
                    (repeated, run) = (Some(symbol), total);
                    (if symbol == 16 { before } else { 0 }, count)
                }
            };
            if count > size.checked_sub(all.len())? {
                return None;
            }
            if length > 0 {
                before = length;
                space = space.checked_add((1_u32 << (15 - length)).checked_mul(u32::try_from(count).ok()?)?)?;
            }
            all.resize(all.len().checked_add(count)?, length);
        }
        Self::of(&all)
    }

    fn symbol(&self, bits: &mut Bits) -> Option<u32> {
        if let [only] = self.symbols.as_slice() {
            return Some(*only);
        }
        let (mut code, mut first, mut index) = (0_u32, 0_u32, 0_u32);
        for &count in self.counts.iter().skip(1) {
            code = code << 1 | u32::try_from(bits.take(1)?).ok()?;
            if let Some(offset) = code.checked_sub(first).filter(|&offset| offset < count) {
                return self.symbols.get(usize::try_from(index.checked_add(offset)?).ok()?).copied();
            }
            index = index.checked_add(count)?;
            first = first.checked_add(count)?.checked_mul(2)?;
        }
        None
    }
}

/// How often each symbol comes, of 4096 times. [§C.2.5]
fn distribution(bits: &mut Bits, log_alphabet: u32) -> Option<Vec<u32>> {
    let size = 1_usize << log_alphabet;
    let mut all = vec![0_u32; size];
    let small = |bits: &mut Bits| {
        if !bits.bool()? {
            return Some(0);
        }
        let width = u32::try_from(bits.take(3)?).ok()?;
        usize::try_from(bits.take(width)?.checked_add(1 << width)?).ok()
    };
    if bits.bool()? {
        if bits.bool()? {
            let (one, other) = (small(bits)?, small(bits)?);
            let share = u32::try_from(bits.take(12)?).ok()?;
            if one == other {
                return None;
            }
            *all.get_mut(one)? = share;
            *all.get_mut(other)? = TOTAL.checked_sub(share)?;
        } else {
            *all.get_mut(small(bits)?)? = TOTAL;
        }
        return Some(all);
    }
    if bits.bool()? {
        let count = small(bits)?.checked_add(1)?;
        let even = u32::try_from(count).ok()?;
        for (index, share) in all.get_mut(..count)?.iter_mut().enumerate() {
            *share = (TOTAL / even).saturating_add(u32::from(u32::try_from(index).ok()? < TOTAL % even));
        }
        return Some(all);
    }
    let mut width = 0;
    while width < 3 && bits.bool()? {
        width = u32::saturating_add(width, 1);
    }
    let shift = i64::try_from(bits.take(width)?).ok()?.checked_add((1 << width) - 1)?;
    let count = small(bits)?.checked_add(3)?;
    if shift > 13 || count > size {
        return None;
    }
    // The size class of each share first; 13 repeats the share before.
    let mut classes: Vec<u32> = Vec::new();
    let mut repeats: Vec<std::ops::Range<usize>> = Vec::new();
    while classes.len() < count {
        let class = size_class(bits)?;
        if class == 13 {
            let run = small(bits)?.checked_add(4)?;
            repeats.push(classes.len()..classes.len().checked_add(run)?);
            classes.resize(classes.len().checked_add(run)?, 13);
        } else {
            classes.push(class);
        }
    }
    if classes.len() > count {
        return None;
    }
    let is_repeat = |index: usize| repeats.iter().any(|run| run.contains(&index));
    // The largest share is not stated: it is what is left.
    let mut omitted: Option<(u32, usize)> = None;
    for (index, &class) in classes.iter().enumerate().filter(|&(index, _)| !is_repeat(index)) {
        if omitted.is_none_or(|(largest, _)| class > largest) {
            omitted = Some((class, index));
        }
    }
    let (_, omitted) = omitted?;
    let (mut sum, mut before) = (0_u32, 0_u32);
    for (index, &class) in classes.iter().enumerate() {
        if index == omitted {
            before = 0;
            continue;
        }
        let share = match class {
            _ if is_repeat(index) => before,
            0 | 1 => class,
            _ => {
                let zeros = i64::from(class) - 1;
                let count = shift.saturating_sub((12 - zeros) >> 1).clamp(0, zeros);
                let rest = u32::try_from(bits.take(u32::try_from(count).ok()?)?).ok()?;
                (1_u32 << zeros).checked_add(rest << (zeros - count))?
            }
        };
        *all.get_mut(index)? = share;
        before = share;
        sum = sum.checked_add(share)?;
    }
    *all.get_mut(omitted)? = TOTAL.checked_sub(sum)?;
    Some(all)
}

/// A fixed prefix code for 0 to 13. [§C.2.5]
fn size_class(bits: &mut Bits) -> Option<u32> {
    Some(match bits.take(3)? {
        0 => 10,
        1 => {
            for class in [4, 0, 11, 13] {
                if bits.bool()? {
                    return Some(class);
                }
            }
            12
        }
        2 => 7,
        3 if bits.bool()? => 1,
        3 => 3,
        4 => 6,
        5 => 8,
        6 => 9,
        _ if bits.bool()? => 2,
        _ => 5,
    })
}

/// Which symbol each of 4096 states stands for: equal buckets, each of at most two symbols. [§C.2.6]
struct Alias {
    shares: Vec<u32>,
    /// For each bucket: where its second symbol begins, which that is, and what is added to the place.
    buckets: Vec<(u32, usize, u32)>,
    log_bucket: u32,
}

impl Alias {
    fn new(shares: &[u32], log_alphabet: u32) -> Option<Self> {
        let log_bucket = 12_u32.checked_sub(log_alphabet)?;
        let size = 1_u32 << log_bucket;
        if let Some(only) = shares.iter().position(|&share| share == TOTAL) {
            let buckets =
                (0..shares.len()).map(|index| Some((0, only, u32::try_from(index).ok()?.checked_mul(size)?))).collect::<Option<_>>()?;
            return Some(Self { shares: shares.to_vec(), buckets, log_bucket });
        }
        let mut cutoffs = shares.to_vec();
        let mut seconds: Vec<(usize, u32)> = (0..shares.len()).map(|index| (index, 0)).collect();
        let mut below: Vec<usize> = (0..shares.len()).filter(|&i| cutoffs.get(i).is_some_and(|&c| c < size)).collect();
        let mut above: Vec<usize> = (0..shares.len()).filter(|&i| cutoffs.get(i).is_some_and(|&c| c > size)).collect();
        while let Some(over) = above.pop() {
            let under = below.pop()?;
            let missing = size.checked_sub(*cutoffs.get(under)?)?;
            let left = cutoffs.get(over)?.checked_sub(missing)?;
            *cutoffs.get_mut(over)? = left;
            *seconds.get_mut(under)? = (over, left);
            match left.cmp(&size) {
                std::cmp::Ordering::Less => below.push(over),
                std::cmp::Ordering::Equal => {}
                std::cmp::Ordering::Greater => above.push(over),
            }
        }
        let bucket = |(index, (&cutoff, &(second, offset))): (usize, (&u32, &(usize, u32)))| {
            if cutoff == size { Some((0, index, 0)) } else { Some((cutoff, second, offset.checked_sub(cutoff)?)) }
        };
        let buckets = cutoffs.iter().zip(&seconds).enumerate().map(bucket).collect::<Option<_>>()?;
        Some(Self { shares: shares.to_vec(), buckets, log_bucket })
    }

    fn symbol(&self, bits: &mut Bits, state: &mut u32) -> Option<u32> {
        let place = *state & 0xFFF;
        let bucket = usize::try_from(place >> self.log_bucket).ok()?;
        let within = place & ((1 << self.log_bucket) - 1);
        let (cutoff, second, offset) = *self.buckets.get(bucket)?;
        let (symbol, offset) = if within >= cutoff { (second, offset.checked_add(within)?) } else { (bucket, within) };
        *state = (*state >> 12).checked_mul(*self.shares.get(symbol)?)?.checked_add(offset)?;
        if *state < 1 << 16 {
            *state = *state << 16 | u32::try_from(bits.take(16)?).ok()?;
        }
        u32::try_from(symbol).ok()
    }
}

/// Sum of all shares.
const TOTAL: u32 = 1 << 12;

/// What an ANS stream ends with.
const FINAL_STATE: u32 = 0x13_0000;

/// Longest prefix code.
const MAX_PREFIX: u32 = 15;

/// Farthest repetition, less one.
const MAX_DISTANCE: u32 = (1 << 20) - 1;

/// The order in which code lengths of code lengths are stored. [RFC 7932 §3.5]
const LENGTH_ORDER: [usize; 18] = [1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15];
