//! Runs a compact model's operations one after the other.
//!
//! tract picks its kernels by the sizes, so there is one plan for each size of input; the latest are kept.

use std::sync::{Arc, Mutex, PoisonError};

use tract_core::internal::*;

use super::matmul::MatMul;
use super::model::{ConvShape, Level, Model, Operation};
use super::planes::{Grid, Window, depthwise, double, halve, larger, sigmoid, spread, unfold};
use crate::Error;
use crate::lasting::lasting;

/// A detector's graph, ready to run on any size. Threads may share it.
pub(crate) struct Network {
    model: Model,
    plans: Mutex<Vec<(Size, Arc<Plan>)>>,
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
        let values = self.plan((width, height))?.run(Tensor::from_shape(&[3, height * width], planes)?)?;
        let plane = |index: usize| -> TractResult<Vec<f32>> { Ok(numbers(value(&values, index)?)?.to_vec()) };
        let cells = |level: &Level| -> TractResult<Cells> {
            let (cls, obj, bbox) = (plane(level.cls)?, plane(level.obj)?, plane(level.bbox)?);
            Ok(Cells { stride: level.stride, columns: width / level.stride, cls, obj, bbox })
        };
        self.model.levels.iter().map(cells).collect()
    }

    /// The plan for `size`, made now unless one is kept. Two threads may make the same one at once: neither waits for the other.
    fn plan(&self, size: Size) -> TractResult<Arc<Plan>> {
        if let Some(plan) = self.kept(size) {
            return Ok(plan);
        }
        let plan = lasting(|| Plan::new(&self.model, size).map(Arc::new))?;
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.truncate(MAX_PLANS - 1);
        plans.insert(0, (size, Arc::clone(&plan)));
        Ok(plan)
    }

    /// Moves the plan to the front, so that the one that was not used for the longest time goes first.
    fn kept(&self, size: Size) -> Option<Arc<Plan>> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let index = plans.iter().position(|(kept, _)| *kept == size)?;
        plans[..=index].rotate_right(1);
        plans.first().map(|(_, plan)| Arc::clone(plan))
    }
}

/// The operations at one size.
struct Plan {
    steps: Vec<Step>,
    /// For each value the last step that reads it; the outputs are read behind the last.
    last_reader: Vec<usize>,
}

/// What gives a value, from the values numbered here.
enum Step {
    /// A value that nobody else reads.
    Same(usize),
    /// A convolution with one tap.
    Product(usize, MatMul),
    /// Any convolution of all planes: laid out as a product, some rows at a time.
    Dense {
        input: usize,
        grid: Grid,
        window: Window,
        rows: usize,
        depth: usize,
        product: MatMul,
    },
    Depthwise {
        input: usize,
        grid: Grid,
        window: Window,
        taps: Vec<f32>,
        bias: Vec<f32>,
        floor: f32,
    },
    Relu(usize),
    Halve(usize, Grid),
    Double(usize, Grid),
    Add(usize, usize),
    Sigmoid(usize),
    Unfold(usize, Grid),
}

impl Plan {
    fn new(model: &Model, (width, height): Size) -> TractResult<Self> {
        let mut grids = vec![Grid { rows: height, columns: width }];
        let mut last_reader = vec![0; model.operations.len() + 1];
        let mut readers = last_reader.clone();
        for (index, operation) in model.operations.iter().enumerate() {
            for input in operation.inputs() {
                *last_reader.get_mut(input).context("no such value")? = index;
                readers[input] += 1;
            }
        }
        for head in model.levels.iter().flat_map(|level| [level.cls, level.obj, level.bbox]) {
            *last_reader.get_mut(head).context("no such value")? = usize::MAX;
            readers[head] += 1;
        }
        let mut steps = Vec::with_capacity(model.operations.len());
        for (index, operation) in model.operations.iter().enumerate() {
            let grid = |input: usize| grids.get(input).copied().context("no such value");
            let (step, made) = match operation {
                Operation::Conv { input, shape, weights, bias } => {
                    let is_rectified = matches!(model.operations.get(index + 1), Some(Operation::Relu { input }) if *input == index + 1);
                    let floor = if is_rectified && readers[index + 1] == 1 { 0.0 } else { f32::NEG_INFINITY };
                    let grid = grid(*input)?;
                    (conv(*input, *shape, grid, weights.expand(), bias.expand(), floor)?, grid.every(shape.stride))
                }
                Operation::Relu { input } => {
                    let is_done = matches!(input.checked_sub(1).map(|before| &model.operations[before]), Some(Operation::Conv { .. }));
                    let is_next = *input == index && readers[*input] == 1;
                    (if is_done && is_next { Step::Same(*input) } else { Step::Relu(*input) }, grid(*input)?)
                }
                Operation::MaxPool { input } => (Step::Halve(*input, grid(*input)?), grid(*input)?.every(2)),
                Operation::Upsample { input } => (Step::Double(*input, grid(*input)?), grid(*input)?.twice()),
                Operation::Add { left, right } => (Step::Add(*left, *right), grid(*left)?),
                Operation::Sigmoid { input } => (Step::Sigmoid(*input), grid(*input)?),
                Operation::Unfold { input } => (Step::Unfold(*input, grid(*input)?), grid(*input)?.twice()),
            };
            steps.push(step);
            grids.push(made);
        }
        Ok(Self { steps, last_reader })
    }

    /// The outputs' values; others are gone as soon as nobody reads them any more.
    fn run(&self, input: Tensor) -> TractResult<Values> {
        let mut values: Values = vec![Some(input)];
        for (index, step) in self.steps.iter().enumerate() {
            let made = step.run(&mut values)?;
            values.push(Some(made));
            for (value, _) in values.iter_mut().zip(&self.last_reader).filter(|(_, last)| **last <= index) {
                *value = None;
            }
        }
        Ok(values)
    }
}

type Values = Vec<Option<Tensor>>;

fn conv(input: usize, shape: ConvShape, grid: Grid, taps: Vec<f32>, bias: Vec<f32>, floor: f32) -> TractResult<Step> {
    let window = Window { side: shape.kernel, stride: shape.stride };
    if shape.groups > 1 || (shape.inputs, shape.outputs) == (1, 1) {
        return Ok(Step::Depthwise { input, grid, window, taps, bias, floor });
    }
    let made = grid.every(shape.stride);
    if (window.side, window.stride) == (1, 1) {
        return Ok(Step::Product(input, MatMul::new(&taps, &bias, shape.inputs, made.cells(), floor)?));
    }
    let (rows, depth) = (made.rows.min(DENSE_ROWS), shape.inputs * window.taps());
    let product = MatMul::new(&taps, &bias, depth, rows * made.columns, floor)?;
    Ok(Step::Dense { input, grid, window, rows, depth, product })
}

impl Step {
    fn run(&self, values: &mut Values) -> TractResult<Tensor> {
        match self {
            Self::Same(input) => values.get_mut(*input).and_then(Option::take).context("a value is missing"),
            Self::Product(input, product) => product.run(value(values, *input)?),
            Self::Dense { input, grid, window, rows, depth, product } => {
                dense(numbers(value(values, *input)?)?, *grid, *window, *rows, *depth, product)
            }
            Self::Depthwise { input, grid, window, taps, bias, floor } => {
                let planes = numbers(value(values, *input)?)?;
                fill(bias.len(), grid.every(window.stride), |output| depthwise(planes, *grid, *window, taps, bias, *floor, output))
            }
            Self::Halve(input, grid) => {
                let planes = numbers(value(values, *input)?)?;
                fill(planes.len() / grid.cells(), grid.every(2), |output| halve(planes, *grid, output))
            }
            Self::Double(input, grid) => {
                let planes = numbers(value(values, *input)?)?;
                fill(planes.len() / grid.cells(), grid.twice(), |output| double(planes, *grid, output))
            }
            Self::Unfold(input, grid) => {
                let planes = numbers(value(values, *input)?)?;
                fill(planes.len() / grid.cells() / 4, grid.twice(), |output| unfold(planes, *grid, output))
            }
            Self::Add(left, right) => {
                let mut sum = value(values, *left)?.clone();
                let right = numbers(value(values, *right)?)?;
                sum.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?.iter_mut().zip(right).for_each(|(sum, right)| *sum += right);
                Ok(sum)
            }
            Self::Relu(input) => map(value(values, *input)?, |number| larger(number, 0.0)),
            Self::Sigmoid(input) => map(value(values, *input)?, sigmoid),
        }
    }
}

/// Laid out all at once, the picture's first convolution would take nine times its size.
fn dense(planes: &[f32], grid: Grid, window: Window, rows: usize, depth: usize, product: &MatMul) -> TractResult<Tensor> {
    let made = grid.every(window.stride);
    let cells = rows * made.columns;
    let mut laid_out = Tensor::zero::<f32>(&[depth, cells])?;
    let mut output: Option<Tensor> = None;
    let mut first = 0;
    while first < made.rows {
        // The last rows may be done twice: every product has the same size.
        first = first.min(made.rows - rows);
        spread(planes, grid, window, first, rows, laid_out.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?);
        let part = product.run(&laid_out)?;
        let part = numbers(&part)?;
        let output = match &mut output {
            Some(output) => output,
            none => none.insert(Tensor::zero::<f32>(&[part.len() / cells, made.cells()])?),
        };
        let mut output = output.try_as_plain_ram_mut()?;
        for (to, from) in output.as_slice_mut::<f32>()?.chunks_exact_mut(made.cells()).zip(part.chunks_exact(cells)) {
            to[first * made.columns..][..cells].copy_from_slice(from);
        }
        first += rows;
    }
    output.context("a picture without rows")
}

fn value(values: &Values, index: usize) -> TractResult<&Tensor> {
    values.get(index).and_then(Option::as_ref).context("a value is missing")
}

fn numbers(tensor: &Tensor) -> TractResult<&[f32]> {
    tensor.try_as_plain_ram()?.as_slice::<f32>()
}

fn fill(channels: usize, grid: Grid, work: impl FnOnce(&mut [f32])) -> TractResult<Tensor> {
    let mut tensor = Tensor::zero::<f32>(&[channels, grid.cells()])?;
    work(tensor.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?);
    Ok(tensor)
}

fn map(tensor: &Tensor, change: impl Fn(f32) -> f32) -> TractResult<Tensor> {
    let mut tensor = tensor.clone();
    tensor.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?.iter_mut().for_each(|number| *number = change(*number));
    Ok(tensor)
}

/// Rows of a convolution that are laid out at a time.
const DENSE_ROWS: usize = 8;

/// How many sizes stay planned. A folder of camera photos has two to four, each in two passes; one of mixed pictures has dozens.
const MAX_PLANS: usize = 32;
