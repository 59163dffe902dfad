//! Max pooling of 2 × 2 cells, with or without the ReLU before it: a tract operation of our own.
//!
//! tract's pooling takes any kernel and visits cells one at a time: a quarter of YuNet's whole run. This is a twentieth.

use tract_core::internal::*;

/// Halves both sides of 1 × channels × rows × columns: each cell the largest of four.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Halve {
    /// Negative numbers count as zero. A ReLU afterwards gives the same: the largest stays the largest.
    pub(crate) relu: bool,
}

impl Op for Halve {
    fn name(&self) -> StaticName {
        "Halve".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Halve {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let &[batch, channels, rows, columns] = input.shape() else { bail!("not four axes: {:?}", input.shape()) };
        ensure!(rows.is_multiple_of(2) && columns.is_multiple_of(2), "{rows} × {columns} cells cannot be halved");
        let floor = if self.relu { 0.0 } else { f32::NEG_INFINITY };
        let plain = input.try_as_plain_ram()?;
        let halved = halve(plain.as_slice::<f32>()?, columns, floor);
        Ok(tvec!(Tensor::from_shape(&[batch, channels, rows / 2, columns / 2], &halved)?.into_tvalue()))
    }
}

impl TypedOp for Halve {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let [input] = inputs else { bail!("not one input") };
        let mut shape = input.shape.to_tvec();
        ensure!(shape.len() == 4, "not four axes: {shape:?}");
        shape.iter_mut().skip(2).for_each(|side| *side = side.clone() / 2);
        Ok(tvec!(input.datum_type.fact(shape)))
    }

    as_op!();
}

/// Planes with an even number of rows lie one after another, so pairs of rows never straddle two.
fn halve(cells: &[f32], columns: usize, floor: f32) -> Vec<f32> {
    let mut halved = Vec::with_capacity(cells.len() / 4);
    let mut taller = vec![0.0; columns];
    for rows in cells.chunks_exact(2 * columns) {
        let (upper, lower) = rows.split_at(columns);
        for (taller, (upper, lower)) in taller.iter_mut().zip(upper.iter().zip(lower)) {
            *taller = larger(*upper, *lower);
        }
        halved.extend(taller.as_chunks::<2>().0.iter().map(|[left, right]| larger(larger(*left, *right), floor)));
    }
    halved
}

/// Unlike `f32::max`, one instruction.
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}
