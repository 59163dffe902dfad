//! Reads a detector from ONNX into the compact form. For maintainers and tests.
//!
//! Weights may be quantised in blocks (`DequantizeLinear` with `block_size`, ONNX opset 21); the compact form keeps them as they are.

use std::collections::{HashMap, HashSet};

use tract_onnx::Onnx;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};
use tract_onnx::tract_core::framework::Framework;

use super::model::{ConvShape, Heads, Level, Model, Operation, Weights};
use crate::Error;

/// The compact form of the ONNX file `onnx`: all that its outputs need, and nothing else.
///
/// The outputs are YuNet's, by their names (`cls_*`, `obj_*`, `bbox_*`), or CenterFace's, by their order (centre, size, offset). CenterFace
/// reads planes red, green, blue and comes with weights as floats: the order is changed, and weights become bytes.
///
/// # Errors
/// [`Error::Model`] when it is not an ONNX file, or uses an operation that the compact form lacks.
pub fn compile(onnx: &[u8], name: &str) -> Result<Vec<u8>, Error> {
    let graph = read(onnx)?.graph.ok_or_else(|| refused("it has no graph"))?;
    Compiler { constants: constants(&graph)?, graph: &graph, values: HashMap::new(), operations: Vec::new() }.model(name)?.to_bytes()
}

/// The same network as plain ONNX that any runtime reads: weights expanded to floats, no declared output sizes, opset 13.
///
/// # Errors
/// [`Error::Model`] when it is not an ONNX file, or its weights cannot be expanded.
pub fn fold(onnx: &[u8]) -> Result<ModelProto, Error> {
    let mut model = read(onnx)?;
    let graph = model.graph.as_mut().ok_or_else(|| refused("it has no graph"))?;
    let constants = constants(graph)?;
    graph.node.retain(|node| !node.output.iter().any(|output| constants.contains_key(output)));
    for (name, constant) in constants {
        if graph.initializer.iter().all(|tensor| tensor.name != name) {
            let raw_data = constant.weights.expand().iter().flat_map(|value| value.to_le_bytes()).collect();
            graph.initializer.push(TensorProto {
                name,
                dims: constant.dims,
                data_type: DataType::Float as i32,
                raw_data,
                ..Default::default()
            });
        }
    }
    // A quantised file may still list the weights that it once had as inputs.
    let read: HashSet<&String> = graph.node.iter().flat_map(|node| &node.input).collect();
    graph.input.retain(|input| read.contains(&input.name));
    graph.value_info.clear();
    graph.output.iter_mut().for_each(|output| output.r#type = None);
    model.opset_import.iter_mut().for_each(|opset| opset.version = 13);
    Ok(model)
}

fn read(onnx: &[u8]) -> Result<ModelProto, Error> {
    Onnx::default().proto_model_for_read(&mut &*onnx).map_err(|error| refused(&format!("it is not ONNX: {error}")))
}

/// A tensor known beforehand.
struct Constant {
    dims: Vec<i64>,
    weights: Weights,
}

/// The graph's float tensors, those behind `DequantizeLinear` and `Reshape` included.
fn constants(graph: &GraphProto) -> Result<HashMap<String, Constant>, Error> {
    let tensor = |name: &str| graph.initializer.iter().find(|tensor| tensor.name == name);
    let mut constants = HashMap::new();
    for tensor in graph.initializer.iter().filter(|tensor| tensor.data_type == DataType::Float as i32) {
        constants.insert(tensor.name.clone(), Constant { dims: tensor.dims.clone(), weights: Weights::Exact(floats(tensor)?) });
    }
    for node in &graph.node {
        let inputs: Vec<_> = node.input.iter().map(|input| tensor(input)).collect();
        let constant = match (node.op_type.as_str(), inputs.as_slice()) {
            ("DequantizeLinear", [Some(values), Some(scales), Some(zeros)]) => dequantised(node, values, scales, zeros)?,
            ("Reshape", [_, Some(dims)]) => match constants.get(argument(node, 0)?) {
                Some(Constant { weights, .. }) => Constant { dims: integers(dims)?, weights: weights.clone() },
                None => continue,
            },
            _ => continue,
        };
        if constant.dims.iter().product::<i64>() != i64::try_from(constant.weights.len()).unwrap_or(i64::MAX) {
            return Err(refused("a tensor does not have the size it says"));
        }
        constants.insert(only_output(node)?.to_owned(), constant);
    }
    Ok(constants)
}

/// Blocks must lie one after another in memory: true where they run along the last axis.
fn dequantised(node: &NodeProto, values: &TensorProto, scales: &TensorProto, zeros: &TensorProto) -> Result<Constant, Error> {
    let rank = i64::try_from(values.dims.len()).unwrap_or(i64::MAX);
    let axis = attribute(node, "axis").map_or(1, |attribute| attribute.i);
    let size = attribute(node, "block_size").map_or(0, |attribute| attribute.i);
    let last = values.dims.last().copied().unwrap_or(0);
    if axis.rem_euclid(rank.max(1)) != rank - 1 || size < 1 || last % size != 0 {
        return Err(refused(&format!("{}: the blocks do not run along the last axis", node.name)));
    }
    let values_i8 = signed_bytes(values)?;
    let blocks: Vec<_> = floats(scales)?.into_iter().zip(signed_bytes(zeros)?).collect();
    if i64::try_from(blocks.len()).ok().and_then(|blocks| blocks.checked_mul(size)) != i64::try_from(values_i8.len()).ok() {
        return Err(refused(&format!("{}: a wrong number of blocks", node.name)));
    }
    Ok(Constant { dims: values.dims.clone(), weights: Weights::Quantised { blocks, values: values_i8 } })
}

/// A value of the ONNX graph, as a value of ours.
#[derive(Clone, Copy)]
struct Value {
    index: usize,
    channels: usize,
    /// ONNX lists the heads' cells with the channels last, and flat. Ours stay planes, so this is only a mark: such a value is an output.
    flat: bool,
}

struct Compiler<'a> {
    graph: &'a GraphProto,
    constants: HashMap<String, Constant>,
    values: HashMap<String, Value>,
    operations: Vec<Operation>,
}

impl Compiler<'_> {
    fn model(mut self, name: &str) -> Result<Model, Error> {
        let graph = self.graph;
        let input = graph.input.iter().find(|input| !graph.initializer.iter().any(|tensor| tensor.name == input.name));
        let input = input.ok_or_else(|| refused("it has no input"))?;
        self.values.insert(input.name.clone(), Value { index: 0, channels: 3, flat: false });
        let heads = if graph.output.iter().any(|output| output.name.starts_with("cls_")) { Heads::Cells } else { Heads::Centres };
        let wanted = match heads {
            Heads::Cells => cell_heads(graph),
            Heads::Centres => centre_heads(graph),
        };
        let needed = needed(graph, wanted);
        for (node, _) in graph.node.iter().zip(needed).filter(|(_, needed)| *needed) {
            let output = only_output(node)?;
            if !self.constants.contains_key(output) && !self.values.contains_key(output) {
                self.node(node)?;
            }
        }
        let levels = match heads {
            Heads::Cells => strides(graph)?.into_iter().map(|stride| self.level(stride)).collect::<Result<_, _>>()?,
            Heads::Centres => vec![self.centres(graph)?],
        };
        let mut model = Model { name: name.to_owned(), operations: self.operations, heads, levels };
        if heads == Heads::Centres {
            model.operations.iter_mut().for_each(pack);
        }
        Ok(model)
    }

    fn level(&self, stride: usize) -> Result<Level, Error> {
        let head = |name: &str| Ok::<_, Error>(self.named(&format!("{name}_{stride}"))?.index);
        Ok(Level { stride, cls: head("cls")?, obj: head("obj")?, bbox: head("bbox")? })
    }

    fn centres(&self, graph: &GraphProto) -> Result<Level, Error> {
        match centre_heads(graph).as_slice() {
            [centre, size, offset] => {
                let index = |name: &str| Ok::<_, Error>(self.named(name)?.index);
                Ok(Level { stride: CENTRE_STRIDE, cls: index(centre)?, obj: index(size)?, bbox: index(offset)? })
            }
            _ => Err(refused("its outputs are neither YuNet's nor CenterFace's")),
        }
    }

    fn node(&mut self, node: &NodeProto) -> Result<(), Error> {
        let input = self.named(argument(node, 0)?)?;
        let index = input.index;
        let value = match node.op_type.as_str() {
            "Transpose" if integers_of(node, "perm") == [0, 2, 3, 1] && !input.flat => Value { flat: true, ..input },
            "Reshape" if input.flat => input,
            "Sigmoid" => self.push(Operation::Sigmoid { input: index }, input),
            _ if input.flat => return Err(refused(&format!("{} works on a flattened value", node.op_type))),
            "Conv" => self.conv(node, input)?,
            "ConvTranspose" => self.transposed(node, input)?,
            "Relu" => self.push(Operation::Relu { input: index }, input),
            "MaxPool" if is_halving(node) => self.push(Operation::MaxPool { input: index }, input),
            "Resize" if self.is_doubling(node)? => self.push(Operation::Upsample { input: index }, input),
            "Add" => {
                let right = self.named(argument(node, 1)?)?;
                if right.flat || right.channels != input.channels {
                    return Err(refused("it adds values of different shapes"));
                }
                self.push(Operation::Add { left: index, right: right.index }, input)
            }
            other => return Err(refused(&format!("the compact form has no {other} like {:?}", node.name))),
        };
        self.values.insert(only_output(node)?.to_owned(), value);
        Ok(())
    }

    fn push(&mut self, operation: Operation, like: Value) -> Value {
        self.operations.push(operation);
        Value { index: self.operations.len(), ..like }
    }

    fn conv(&mut self, node: &NodeProto, input: Value) -> Result<Value, Error> {
        let (weights, bias) = (self.constant(argument(node, 1)?)?, self.constant(argument(node, 2)?)?);
        let &[outputs, inputs_per_group, kernel, kernel_across] = sizes(&weights.dims)?.as_slice() else {
            return Err(refused("a convolution is not over two axes"));
        };
        let groups = attribute(node, "group").map_or(Ok(1), |attribute| size(attribute.i))?;
        let strides = sizes(&integers_of(node, "strides"))?;
        let stride = strides.first().copied().unwrap_or(1);
        let shape = ConvShape { inputs: inputs_per_group * groups, outputs, groups, kernel, stride };
        let pads = sizes(&integers_of(node, "pads"))?;
        let even = kernel == kernel_across
            && strides.iter().all(|each| *each == stride)
            && (pads == [kernel / 2; 4] || pads.is_empty() && kernel == 1)
            && integers_of(node, "dilations").iter().all(|dilation| *dilation == 1)
            && attribute(node, "auto_pad").is_none_or(|auto| auto.s == b"NOTSET");
        if !even || shape.inputs != input.channels {
            return Err(refused(&format!("a convolution is of an unknown kind: {:?}", node.name)));
        }
        let (weights, bias) = (weights.weights.clone(), bias.weights.clone());
        Ok(self.push(Operation::Conv { input: input.index, shape, weights, bias }, Value { channels: outputs, ..input }))
    }

    /// A transposed convolution of 2 × 2 at stride 2, with the batch normalisation that follows it.
    fn transposed(&mut self, node: &NodeProto, input: Value) -> Result<Value, Error> {
        let weights = self.constant(argument(node, 1)?)?;
        let &[inputs, outputs, 2, 2] = sizes(&weights.dims)?.as_slice() else {
            return Err(refused("a transposed convolution is not of 2 × 2"));
        };
        let plain = integers_of(node, "strides") == [2, 2]
            && integers_of(node, "pads").iter().all(|pad| *pad == 0)
            && attribute(node, "group").is_none_or(|group| group.i == 1)
            && node.input.len() == 2;
        if !plain || inputs != input.channels {
            return Err(refused(&format!("a transposed convolution is of an unknown kind: {:?}", node.name)));
        }
        let from = weights.weights.expand();
        let output = only_output(node)?;
        let follower = self.graph.node.iter().find(|next| next.input.first().is_some_and(|input| input == output));
        let normalisation = follower.filter(|next| next.op_type == "BatchNormalization");
        let affine = normalisation.map_or(Ok(vec![(1.0, 0.0); outputs]), |node| self.normalisation(node, outputs))?;
        // Input, output, cell to output, cell, input: one row for each cell of each channel.
        let rows = (0..outputs * 4).flat_map(|row| (0..inputs).map(move |column| (row, column)));
        let weights = rows.map(|(row, column)| from[column * outputs * 4 + row] * affine[row / 4].0).collect();
        let bias = (0..outputs * 4).map(|row| affine[row / 4].1).collect();
        let shape = ConvShape { inputs, outputs: outputs * 4, groups: 1, kernel: 1, stride: 1 };
        let (weights, bias) = (Weights::Exact(weights), Weights::Exact(bias));
        let conv = self.push(Operation::Conv { input: input.index, shape, weights, bias }, input);
        let value = self.push(Operation::Unfold { input: conv.index }, Value { channels: outputs, ..input });
        if let Some(normalisation) = normalisation {
            self.values.insert(only_output(normalisation)?.to_owned(), value);
        }
        Ok(value)
    }

    /// A batch normalisation as factor and summand of each channel.
    fn normalisation(&self, node: &NodeProto, channels: usize) -> Result<Vec<(f32, f32)>, Error> {
        let epsilon = attribute(node, "epsilon").map_or(1e-5, |attribute| attribute.f);
        let numbers = |index| Ok::<_, Error>(self.constant(argument(node, index)?)?.weights.expand());
        let (scale, shift, mean, variance) = (numbers(1)?, numbers(2)?, numbers(3)?, numbers(4)?);
        if [&scale, &shift, &mean, &variance].iter().any(|each| each.len() != channels) {
            return Err(refused("a normalisation does not fit its input"));
        }
        let affine = (0..channels).map(|channel| {
            let factor = scale[channel] / (variance[channel] + epsilon).sqrt();
            (factor, shift[channel] - mean[channel] * factor)
        });
        Ok(affine.collect())
    }

    /// Whether a `Resize` repeats each cell twice across and down.
    fn is_doubling(&self, node: &NodeProto) -> Result<bool, Error> {
        let text = |name: &str| attribute(node, name).map(|attribute| attribute.s.as_slice());
        let modes = text("mode") == Some(b"nearest")
            && text("coordinate_transformation_mode") == Some(b"asymmetric")
            && text("nearest_mode") == Some(b"floor");
        Ok(modes && self.constant(argument(node, 2)?)?.weights.expand() == [1.0, 1.0, 2.0, 2.0])
    }

    fn named(&self, name: &str) -> Result<Value, Error> {
        self.values.get(name).copied().ok_or_else(|| refused(&format!("there is no value {name:?}")))
    }

    fn constant(&self, name: &str) -> Result<&Constant, Error> {
        self.constants.get(name).ok_or_else(|| refused(&format!("{name:?} is not known beforehand")))
    }
}

/// The strides for which the graph has outputs, smallest first.
fn strides(graph: &GraphProto) -> Result<Vec<usize>, Error> {
    let strides = graph.output.iter().filter_map(|output| output.name.strip_prefix("cls_"));
    let mut strides =
        strides.map(|stride| stride.parse().map_err(|_| refused("an output has no stride"))).collect::<Result<Vec<_>, _>>()?;
    strides.sort_unstable();
    Ok(strides)
}

/// YuNet's outputs. The landmark heads (`kps_*`) fall away.
fn cell_heads(graph: &GraphProto) -> Vec<&str> {
    let is_head = |name: &&str| ["cls_", "obj_", "bbox_"].iter().any(|head| name.starts_with(head));
    graph.output.iter().map(|output| output.name.as_str()).filter(is_head).collect()
}

/// CenterFace's outputs. Landmarks, the fourth, fall away.
fn centre_heads(graph: &GraphProto) -> Vec<&str> {
    graph.output.iter().map(|output| output.name.as_str()).take(3).collect()
}

/// Swaps what the first convolution makes of red and blue, and turns weights into bytes, a block for each output channel. Biases, a
/// hundredth of all, stay as they are.
fn pack(operation: &mut Operation) {
    let Operation::Conv { input, shape, weights: Weights::Exact(weights), .. } = operation else { return };
    let per_output = shape.weights() / shape.outputs;
    if *input == 0 {
        let plane = shape.kernel * shape.kernel;
        for output in weights.chunks_exact_mut(per_output) {
            let (red, rest) = output.split_at_mut(plane);
            red.swap_with_slice(&mut rest[plane..2 * plane]);
        }
    }
    let (blocks, values) = weights.chunks_exact(per_output).map(quantised).unzip::<_, _, Vec<_>, Vec<_>>();
    if let Operation::Conv { weights, .. } = operation {
        *weights = Weights::Quantised { blocks, values: values.concat() };
    }
}

/// Numbers as steps from the least to the largest, zero among them.
#[allow(clippy::cast_possible_truncation, reason = "clamped to a byte")]
fn quantised(weights: &[f32]) -> ((f32, i8), Vec<i8>) {
    let least = weights.iter().copied().fold(0.0, f32::min);
    let largest = weights.iter().copied().fold(0.0, f32::max);
    let scale = if largest > least { (largest - least) / 255.0 } else { 1.0 };
    let byte = |step: f32| step.round().clamp(-128.0, 127.0) as i8;
    let zero = byte(-128.0 - least / scale);
    ((scale, zero), weights.iter().map(|weight| byte(weight / scale + f32::from(zero))).collect())
}

/// Which nodes the outputs `wanted` need, in the order of `graph.node`.
fn needed<'a>(graph: &'a GraphProto, mut wanted: Vec<&'a str>) -> Vec<bool> {
    let mut needed = vec![false; graph.node.len()];
    // ONNX lists nodes in the order of execution, so one walk from the end sees each before what it reads.
    for (node, needed) in graph.node.iter().zip(&mut needed).rev() {
        *needed = node.output.iter().any(|output| wanted.contains(&output.as_str()));
        if *needed {
            wanted.extend(node.input.iter().map(String::as_str));
        }
    }
    needed
}

fn is_halving(node: &NodeProto) -> bool {
    integers_of(node, "kernel_shape") == [2, 2]
        && integers_of(node, "strides") == [2, 2]
        && integers_of(node, "pads").iter().all(|pad| *pad == 0)
        && node.output.len() == 1
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}

fn integers_of(node: &NodeProto, name: &str) -> Vec<i64> {
    attribute(node, name).map_or_else(Vec::new, |attribute| attribute.ints.clone())
}

fn argument(node: &NodeProto, index: usize) -> Result<&str, Error> {
    node.input.get(index).map(String::as_str).ok_or_else(|| refused(&format!("{:?} lacks an input", node.name)))
}

fn only_output(node: &NodeProto) -> Result<&str, Error> {
    node.output.first().map(String::as_str).ok_or_else(|| refused(&format!("{:?} has no output", node.name)))
}

fn sizes(integers: &[i64]) -> Result<Vec<usize>, Error> {
    integers.iter().map(|integer| size(*integer)).collect()
}

fn size(integer: i64) -> Result<usize, Error> {
    usize::try_from(integer).map_err(|_| refused("a size is negative"))
}

fn floats(tensor: &TensorProto) -> Result<Vec<f32>, Error> {
    match (tensor.raw_data.is_empty(), tensor.data_type == DataType::Float as i32) {
        (true, true) => Ok(tensor.float_data.clone()),
        (false, true) => Ok(numbers(tensor, f32::from_le_bytes)),
        (_, false) => Err(refused(&format!("{:?} does not hold floats", tensor.name))),
    }
}

fn integers(tensor: &TensorProto) -> Result<Vec<i64>, Error> {
    match (tensor.raw_data.is_empty(), tensor.data_type == DataType::Int64 as i32) {
        (true, true) => Ok(tensor.int64_data.clone()),
        (false, true) => Ok(numbers(tensor, i64::from_le_bytes)),
        (_, false) => Err(refused(&format!("{:?} does not hold integers", tensor.name))),
    }
}

fn signed_bytes(tensor: &TensorProto) -> Result<Vec<i8>, Error> {
    if tensor.data_type != DataType::Int8 as i32 {
        return Err(refused(&format!("{:?} does not hold bytes", tensor.name)));
    }
    if !tensor.raw_data.is_empty() {
        return Ok(numbers(tensor, i8::from_le_bytes));
    }
    tensor.int32_data.iter().map(|value| i8::try_from(*value).map_err(|_| refused("a byte is out of range"))).collect()
}

fn numbers<T, const N: usize>(tensor: &TensorProto, number: fn([u8; N]) -> T) -> Vec<T> {
    tensor.raw_data.as_chunks::<N>().0.iter().map(|bytes| number(*bytes)).collect()
}

fn refused(why: &str) -> Error {
    Error::Model(format!("the ONNX file cannot be imported: {why}"))
}

/// CenterFace has one grid, a cell for each 4 × 4 px.
const CENTRE_STRIDE: usize = 4;
