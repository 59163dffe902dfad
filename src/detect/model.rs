//! The compact model: a detector's graph and its weights as read from `models/*.bin`. models/README.md describes the bytes.
//!
//! The graph is a list of operations. Each gives one value, numbered from 1 in the order of the list; value 0 is the picture. An operation
//! reads only values before it, so the list is its own order of execution.

use sha2::{Digest, Sha256};

use super::view::MULTIPLE;
use crate::Error;

/// A detector's graph: a list of operations, and the values that are its outputs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    /// What reports call the detector.
    pub(crate) name: String,
    pub(crate) operations: Vec<Operation>,
    /// What the outputs mean.
    pub(crate) heads: Heads,
    /// One for each stride, smallest stride first.
    pub(crate) levels: Vec<Level>,
}

/// What the outputs at one stride mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heads {
    /// YuNet's: class, objectness, box.
    Cells,
    /// CenterFace's: centre, size, offset.
    Centres,
}

impl Heads {
    /// How many channels each output has.
    fn channels(self) -> [usize; 3] {
        match self {
            Self::Cells => [1, 1, 4],
            Self::Centres => [1, 2, 2],
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operation {
    /// Zero-padded so that stride 1 keeps the size and stride 2 halves it.
    Conv {
        input: usize,
        shape: ConvShape,
        weights: Weights,
        bias: Weights,
    },
    Relu {
        input: usize,
    },
    /// The largest of each 2 × 2 cells.
    MaxPool {
        input: usize,
    },
    /// Each cell four times.
    Upsample {
        input: usize,
    },
    Add {
        left: usize,
        right: usize,
    },
    Sigmoid {
        input: usize,
    },
    /// Each four channels become the 2 × 2 cells of one.
    Unfold {
        input: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConvShape {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// 1, or as many as inputs and outputs (a depthwise convolution).
    pub(crate) groups: usize,
    /// Side of the square kernel: odd.
    pub(crate) kernel: usize,
    /// 1 or 2.
    pub(crate) stride: usize,
}

/// Numbers as the ONNX file holds them, so that the expanded ones are the same to the last bit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Weights {
    Exact(Vec<f32>),
    /// Equal runs of bytes, each with a scale and a zero point: `(value - zero) * scale`.
    Quantised {
        blocks: Vec<(f32, i8)>,
        values: Vec<i8>,
    },
}

/// The heads at one stride, as values of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) stride: usize,
    pub(crate) cls: usize,
    pub(crate) obj: usize,
    pub(crate) bbox: usize,
}

impl ConvShape {
    pub(crate) fn weights(&self) -> usize {
        self.outputs * (self.inputs / self.groups) * self.kernel * self.kernel
    }

    fn is_supported(&self) -> bool {
        let depthwise = self.groups == self.inputs && self.groups == self.outputs;
        (self.groups == 1 || depthwise)
            && (1..=MAX_CHANNELS).contains(&self.inputs)
            && (1..=MAX_CHANNELS).contains(&self.outputs)
            && [1, 3, 5, 7].contains(&self.kernel)
            && [1, 2].contains(&self.stride)
    }
}

impl Weights {
    pub(crate) fn expand(&self) -> Vec<f32> {
        match self {
            Self::Exact(values) => values.clone(),
            Self::Quantised { blocks, values } => {
                let run = values.len() / blocks.len().max(1);
                let dequantise = |(run, (scale, zero)): (&[i8], &(f32, i8))| {
                    let (scale, zero) = (*scale, i16::from(*zero));
                    run.iter().map(move |value| f32::from(i16::from(*value) - zero) * scale).collect::<Vec<_>>()
                };
                values.chunks(run.max(1)).zip(blocks).flat_map(dequantise).collect()
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Exact(values) => values.len(),
            Self::Quantised { values, .. } => values.len(),
        }
    }
}

impl Model {
    /// # Errors
    /// [`Error::Model`] when the bytes are not a whole, sound model: a changed byte is always noticed.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let Some((body, digest)) = bytes.split_last_chunk::<DIGEST_BYTES>() else { return Err(damaged("it is too short")) };
        if Sha256::digest(body).as_slice() != digest {
            return Err(damaged("its checksum is wrong"));
        }
        let model = Reader { rest: body }.model()?;
        model.check()?;
        Ok(model)
    }

    /// The same, of a model whose outputs mean `heads`.
    ///
    /// # Errors
    /// Also [`Error::Model`] when they mean something else.
    pub(crate) fn parse_with(bytes: &[u8], heads: Heads) -> Result<Self, Error> {
        match Self::parse(bytes)? {
            model if model.heads == heads => Ok(model),
            model => Err(Error::Model(format!("the face model {:?} has the outputs of another kind of detector", model.name))),
        }
    }

    /// What [`Model::parse`] reads.
    #[cfg(feature = "import")]
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        let mut bytes = super::model_writer::body(self)?;
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        Ok(bytes)
    }

    /// Sides of the input must be a multiple of this.
    pub(crate) fn multiple(&self) -> usize {
        self.values().unwrap_or_default().into_iter().map(|(_, stride)| stride).max().unwrap_or(1)
    }

    /// Follows channels and strides through the graph, so that wiring it cannot fail.
    fn check(&self) -> Result<(), Error> {
        let values = self.values()?;
        if self.levels.is_empty() || self.levels.len() > MAX_LEVELS {
            return Err(damaged("it has no outputs"));
        }
        for level in &self.levels {
            for (value, channels) in [level.cls, level.obj, level.bbox].into_iter().zip(self.heads.channels()) {
                if values.get(value) != Some(&(channels, level.stride)) {
                    return Err(damaged("an output has the wrong shape"));
                }
            }
        }
        Ok(())
    }

    /// Channels and stride of every value.
    fn values(&self) -> Result<Vec<(usize, usize)>, Error> {
        let mut values = vec![(3, 1)];
        for operation in &self.operations {
            let value = operation.output(&values)?;
            if value.1 > MULTIPLE || values.len() > MAX_OPERATIONS {
                return Err(damaged("its graph is too deep"));
            }
            values.push(value);
        }
        Ok(values)
    }
}

impl Operation {
    /// The values it reads.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = usize> {
        let (one, other) = match self {
            Self::Conv { input, .. }
            | Self::Relu { input }
            | Self::MaxPool { input }
            | Self::Upsample { input }
            | Self::Sigmoid { input }
            | Self::Unfold { input } => (*input, None),
            Self::Add { left, right } => (*left, Some(*right)),
        };
        [Some(one), other].into_iter().flatten()
    }

    /// Channels and stride of what the operation gives, from those of the values before it.
    fn output(&self, values: &[(usize, usize)]) -> Result<(usize, usize), Error> {
        let value = |index: &usize| values.get(*index).copied().ok_or_else(|| damaged("an operation reads a value that comes later"));
        match self {
            Self::Conv { input, shape, weights, bias } => {
                let (channels, stride) = value(input)?;
                let fits = channels == shape.inputs && weights.len() == shape.weights() && bias.len() == shape.outputs;
                if !shape.is_supported() || !fits {
                    return Err(damaged("a convolution does not fit its input"));
                }
                Ok((shape.outputs, stride * shape.stride))
            }
            Self::Relu { input } | Self::Sigmoid { input } => value(input),
            Self::MaxPool { input } => value(input).map(|(channels, stride)| (channels, stride * 2)),
            Self::Upsample { input } => match value(input)? {
                (channels, stride) if stride.is_multiple_of(2) => Ok((channels, stride / 2)),
                _ => Err(damaged("it would enlarge the picture")),
            },
            Self::Unfold { input } => match value(input)? {
                (channels, stride) if channels.is_multiple_of(4) && stride.is_multiple_of(2) => Ok((channels / 4, stride / 2)),
                _ => Err(damaged("it unfolds what it cannot")),
            },
            Self::Add { left, right } => {
                let (left, right) = (value(left)?, value(right)?);
                if left == right { Ok(left) } else { Err(damaged("it adds values of different shapes")) }
            }
        }
    }
}

fn damaged(why: &str) -> Error {
    Error::Model(format!("the face model is damaged: {why}"))
}

/// Reads the body: every number is little-endian.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn model(mut self) -> Result<Model, Error> {
        if self.take(MAGIC.len())? != MAGIC {
            return Err(damaged("it starts wrong"));
        }
        let name_bytes = self.byte()?;
        let name = String::from_utf8(self.take(name_bytes)?.to_vec()).map_err(|_| damaged("its name is not UTF-8"))?;
        let operations = (0..self.short()?).map(|_| self.operation()).collect::<Result<_, _>>()?;
        let heads = match self.byte()? {
            CELLS => Heads::Cells,
            CENTRES => Heads::Centres,
            _ => return Err(damaged("its outputs are of an unknown kind")),
        };
        let levels = (0..self.byte()?)
            .map(|_| Ok(Level { stride: self.byte()?, cls: self.short()?, obj: self.short()?, bbox: self.short()? }))
            .collect::<Result<_, Error>>()?;
        if !self.rest.is_empty() {
            return Err(damaged("it is too long"));
        }
        Ok(Model { name, operations, heads, levels })
    }

    fn operation(&mut self) -> Result<Operation, Error> {
        let (kind, input) = (self.byte()?, self.short()?);
        Ok(match kind {
            CONV => {
                let shape = ConvShape {
                    inputs: self.short()?,
                    outputs: self.short()?,
                    groups: self.short()?,
                    kernel: self.byte()?,
                    stride: self.byte()?,
                };
                if !shape.is_supported() {
                    return Err(damaged("a convolution is of an unknown kind"));
                }
                Operation::Conv { input, shape, weights: self.weights(shape.weights())?, bias: self.weights(shape.outputs)? }
            }
            RELU => Operation::Relu { input },
            MAX_POOL => Operation::MaxPool { input },
            UPSAMPLE => Operation::Upsample { input },
            ADD => Operation::Add { left: input, right: self.short()? },
            SIGMOID => Operation::Sigmoid { input },
            UNFOLD => Operation::Unfold { input },
            _ => return Err(damaged("an operation is of an unknown kind")),
        })
    }

    fn weights(&mut self, count: usize) -> Result<Weights, Error> {
        let blocks = self.short()?;
        if blocks == 0 {
            return Ok(Weights::Exact((0..count).map(|_| self.float()).collect::<Result<_, _>>()?));
        }
        if !count.is_multiple_of(blocks) {
            return Err(damaged("a block of weights is cut short"));
        }
        let blocks = (0..blocks).map(|_| Ok((self.float()?, self.signed()?))).collect::<Result<_, Error>>()?;
        let values = self.take(count)?.iter().map(|byte| byte.cast_signed()).collect();
        Ok(Weights::Quantised { blocks, values })
    }

    fn take(&mut self, count: usize) -> Result<&[u8], Error> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| damaged("it ends early"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(|| damaged("it ends early"))?;
        self.rest = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<usize, Error> {
        self.array::<1>().map(|[byte]| usize::from(byte))
    }

    fn signed(&mut self) -> Result<i8, Error> {
        self.array().map(i8::from_le_bytes)
    }

    fn short(&mut self) -> Result<usize, Error> {
        self.array().map(|bytes| usize::from(u16::from_le_bytes(bytes)))
    }

    fn float(&mut self) -> Result<f32, Error> {
        let float = f32::from_le_bytes(self.array()?);
        if float.is_finite() { Ok(float) } else { Err(damaged("a weight is not a number")) }
    }
}

/// The first bytes; the last of them is the format's version.
pub(crate) const MAGIC: &[u8] = b"darkslide model\x02";
pub(crate) const CONV: usize = 1;
pub(crate) const RELU: usize = 2;
pub(crate) const MAX_POOL: usize = 3;
pub(crate) const UPSAMPLE: usize = 4;
pub(crate) const ADD: usize = 5;
pub(crate) const SIGMOID: usize = 6;
pub(crate) const UNFOLD: usize = 7;
pub(crate) const CELLS: usize = 1;
pub(crate) const CENTRES: usize = 2;

/// The SHA-256 of all that comes before it ends the file.
const DIGEST_BYTES: usize = 32;
/// Bounds on what a damaged file could ask for. The largest detectors for small devices stay below a tenth of each.
const MAX_CHANNELS: usize = 4096;
const MAX_OPERATIONS: usize = 4096;
const MAX_LEVELS: usize = 8;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;

    fn body() -> Vec<u8> {
        let bytes = include_bytes!("../../models/yunet.bin");
        bytes[..bytes.len() - DIGEST_BYTES].to_vec()
    }

    /// Parses `body` as if it were whole: what the checksum would hide from a test.
    fn parse(mut body: Vec<u8>) -> Result<Model, Error> {
        let digest = Sha256::digest(&body);
        body.extend_from_slice(&digest);
        Model::parse(&body)
    }

    #[test]
    fn the_model_that_we_carry_is_sound() {
        let model = parse(body()).unwrap();
        assert_eq!((model.name.as_str(), model.multiple(), model.levels.len()), ("yunet-2023mar", 32, 3));
    }

    #[test]
    fn no_part_of_a_model_is_a_model() {
        for length in (0..body().len()).step_by(61) {
            assert!(matches!(parse(body()[..length].to_vec()), Err(Error::Model(_))), "{length} bytes");
        }
        assert!(parse([body(), vec![0]].concat()).is_err());
    }

    /// Whatever a byte says, parsing ends, and what passes is a graph that can be wired.
    #[test]
    fn changed_bytes_do_not_panic() {
        let starts = MAGIC.len()..MAGIC.len() + 120;
        let levels = body().len() - 3 * 7 - 2..body().len();
        for at in starts.chain(levels) {
            for value in [0, 1, 2, 7, 127, 128, 255] {
                let mut body = body();
                body[at] = value;
                let _: Result<Model, Error> = parse(body);
            }
        }
    }

    fn model(operations: Vec<Operation>, head: usize) -> Model {
        Model { name: String::new(), operations, heads: Heads::Cells, levels: vec![Level { stride: 2, cls: head, obj: head, bbox: head }] }
    }

    #[test]
    fn refuses_graphs_that_do_not_fit_together() {
        let shape = ConvShape { inputs: 3, outputs: 1, groups: 1, kernel: 1, stride: 2 };
        let conv = |input, shape: ConvShape, weights| Operation::Conv {
            input,
            shape,
            weights: Weights::Exact(vec![0.0; weights]),
            bias: Weights::Exact(vec![0.0; shape.outputs]),
        };
        let why = |operations, head| match model(operations, head).check() {
            Err(Error::Model(why)) => why,
            other => format!("{other:?}"),
        };
        assert!(why(vec![conv(0, shape, 3)], 1).contains("output"), "a box needs four channels");
        assert!(why(vec![conv(1, shape, 3)], 1).contains("later"), "reads itself");
        assert!(why(vec![conv(0, shape, 4)], 1).contains("fit"), "too many weights");
        assert!(why(vec![conv(0, ConvShape { inputs: 2, ..shape }, 2)], 1).contains("fit"), "the picture has three channels");
        assert!(why(vec![conv(0, ConvShape { stride: 3, ..shape }, 3)], 1).contains("fit"), "an unknown stride");
        assert!(why(vec![Operation::Upsample { input: 0 }], 1).contains("enlarge"));
        assert!(why(vec![Operation::Unfold { input: 0 }], 1).contains("unfold"), "three channels, full size");
        assert!(why(vec![Operation::MaxPool { input: 0 }, Operation::Add { left: 0, right: 1 }], 1).contains("different"));
        assert!(why(vec![Operation::MaxPool { input: 0 }; 9], 9).contains("output"), "not reached by the head");
        assert!(why((0..9).map(|input| Operation::MaxPool { input }).collect(), 1).contains("deep"));
    }

    #[test]
    fn expands_each_block_by_its_scale_and_zero_point() {
        let weights = Weights::Quantised { blocks: vec![(0.5, -1), (2.0, 127)], values: vec![-128, 127, 0, -128] };
        assert_eq!(weights.expand(), [-63.5, 64.0, -254.0, -510.0]);
    }
}
