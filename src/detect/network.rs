//! The only file that names tract at run time: wires a compact model into a tract graph and runs it.
//!
//! tract wants every size known before it picks its kernels, so there is one plan for each size of input. Wiring one takes about as long
//! as running it once; the latest are kept.

use std::sync::{Arc, Mutex, PoisonError};

use tract_core::internal::*;
use tract_core::ops::cnn::{Conv, KernelFormat, PaddingSpec, PoolSpec};
use tract_core::ops::nn::DataFormat;
use tract_core::ops::nn::resize::NearestUpsample;
use tract_core::ops::{math, nn};

use super::halve::Halve;
use super::model::{ConvShape, Model, Operation};
use super::unfold::Unfold;
use crate::Error;

/// A detector's graph, ready to run on any size. Threads may share it.
pub(crate) struct Network {
    model: Model,
    plans: Mutex<Vec<(Size, Arc<TypedSimplePlan>)>>,
}

/// Width and height of an input, px.
type Size = (usize, usize);

/// What the network says at one stride: one number for each cell, rows top-down.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// Side of a cell, px of the input.
    pub stride: usize,
    /// How many cells a row has.
    pub columns: usize,
    /// 0 to 1: how much it looks like a face, or its centre.
    pub cls: Vec<f32>,
    /// 0 to 1: how well the box fits one. CenterFace: log height and log width, each for all cells.
    pub obj: Vec<f32>,
    /// dx, dy, dw, dh, each for all cells. CenterFace: dy, dx.
    pub bbox: Vec<f32>,
}

impl Network {
    pub(crate) fn new(model: Model) -> Self {
        Self { model, plans: Mutex::new(Vec::new()) }
    }

    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    /// Runs on three planes of `width` × `height`, both multiples of [`Model::multiple`].
    ///
    /// # Errors
    /// [`Error::Model`] when the size does not suit the model.
    pub(crate) fn run(&self, width: usize, height: usize, planes: &[f32]) -> Result<Vec<Cells>, Error> {
        self.run_plan(width, height, planes).map_err(|error| Error::Model(format!("the face model failed: {error:#}")))
    }

    fn run_plan(&self, width: usize, height: usize, planes: &[f32]) -> TractResult<Vec<Cells>> {
        let multiple = self.model.multiple();
        ensure!(width.is_multiple_of(multiple) && height.is_multiple_of(multiple), "an input of {width} × {height} px");
        let input = Tensor::from_shape(&[1, 3, height, width], planes)?;
        let outputs = self.plan((width, height))?.run(tvec!(input.into_tvalue()))?;
        let plane = |index: usize| -> TractResult<Vec<f32>> {
            let output = outputs.get(index).context("an output is missing")?;
            Ok(output.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
        };
        let levels = self.model.levels.iter().enumerate();
        levels
            .map(|(index, level)| {
                Ok(Cells {
                    stride: level.stride,
                    columns: width / level.stride,
                    cls: plane(index * 3)?,
                    obj: plane(index * 3 + 1)?,
                    bbox: plane(index * 3 + 2)?,
                })
            })
            .collect()
    }

    /// The plan for `size`, wired now unless one is kept. Two threads may wire the same one at once: neither waits for the other.
    fn plan(&self, size: Size) -> TractResult<Arc<TypedSimplePlan>> {
        if let Some(plan) = self.kept(size) {
            return Ok(plan);
        }
        let plan = wire(&self.model, size)?;
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.truncate(MAX_PLANS - 1);
        plans.insert(0, (size, Arc::clone(&plan)));
        Ok(plan)
    }

    /// Moves the plan to the front, so that the one that was not used for the longest time goes first.
    fn kept(&self, size: Size) -> Option<Arc<TypedSimplePlan>> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let index = plans.iter().position(|(kept, _)| *kept == size)?;
        plans[..=index].rotate_right(1);
        plans.first().map(|(_, plan)| Arc::clone(plan))
    }
}

fn wire(model: &Model, (width, height): Size) -> TractResult<Arc<TypedSimplePlan>> {
    let mut graph = TypedModel::default();
    let mut values = vec![graph.add_source("picture", f32::fact([1, 3, height, width]))?];
    for (index, operation) in model.operations.iter().enumerate() {
        let value = wire_operation(&mut graph, model, &values, &format!("operation {}", index + 1), operation)?;
        values.push(value);
    }
    let heads = model.levels.iter().flat_map(|level| [level.cls, level.obj, level.bbox]);
    let outputs = heads.map(|head| values.get(head).copied().context("no such value")).collect::<TractResult<Vec<_>>>()?;
    graph.select_output_outlets(&outputs)?;
    TypedSimplePlan::new(graph.into_optimized()?)
}

fn wire_operation(graph: &mut TypedModel, model: &Model, values: &[OutletId], name: &str, operation: &Operation) -> TractResult<OutletId> {
    let value = |index: &usize| values.get(*index).copied().context("no such value");
    let outlets = match operation {
        Operation::Conv { input, shape, weights, bias } => {
            let kernel = Tensor::from_shape(&[shape.outputs, shape.inputs / shape.groups, shape.kernel, shape.kernel], &weights.expand())?;
            let kernel = graph.add_const(format!("{name} weights"), kernel)?;
            let bias = graph.add_const(format!("{name} bias"), tensor1(&bias.expand()))?;
            let op = Conv { pool_spec: conv_spec(shape), kernel_fmt: KernelFormat::OIHW, group: shape.groups, q_params: None };
            graph.wire_node(name, op, &[value(input)?, kernel, bias])?
        }
        Operation::Relu { input } => {
            let zero = graph.add_const("zero", Tensor::zero::<f32>(&[1, 1, 1, 1])?)?;
            graph.wire_node(name, math::max(), &[value(input)?, zero])?
        }
        Operation::MaxPool { input } => match input.checked_sub(1).and_then(|index| model.operations.get(index)) {
            Some(Operation::Relu { input }) => graph.wire_node(name, Halve { relu: true }, &[value(input)?])?,
            _ => graph.wire_node(name, Halve { relu: false }, &[value(input)?])?,
        },
        Operation::Upsample { input } => graph.wire_node(name, NearestUpsample { scales: tvec!(1, 1, 2, 2) }, &[value(input)?])?,
        Operation::Add { left, right } => graph.wire_node(name, math::add(), &[value(left)?, value(right)?])?,
        Operation::Sigmoid { input } => graph.wire_node(name, nn::sigmoid(), &[value(input)?])?,
        Operation::Unfold { input } => graph.wire_node(name, Unfold, &[value(input)?])?,
    };
    outlets.first().copied().context("an operation gives nothing")
}

fn conv_spec(shape: &ConvShape) -> PoolSpec {
    let pad = shape.kernel / 2;
    PoolSpec {
        data_format: DataFormat::NCHW,
        kernel_shape: tvec!(shape.kernel, shape.kernel),
        padding: PaddingSpec::Explicit(tvec!(pad, pad), tvec!(pad, pad)),
        dilations: None,
        strides: Some(tvec!(shape.stride, shape.stride)),
        input_channels: shape.inputs,
        output_channels: shape.outputs,
    }
}

/// How many sizes stay wired. A folder of camera photos has two to four, each in two passes; one of mixed pictures has dozens.
const MAX_PLANS: usize = 32;
