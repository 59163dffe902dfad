//! Four channels become the 2 × 2 cells of one, twice as wide and high: a tract operation of our own.
//!
//! A transposed convolution of 2 × 2 at stride 2 is a convolution of 1 × 1 to four times the channels, and this.

use tract_core::internal::*;

/// 1 × 4·channels × rows × columns to 1 × channels × 2·rows × 2·columns. Of each four channels the first gives the upper left cell, then
/// upper right, lower left, lower right.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Unfold;

impl Op for Unfold {
    fn name(&self) -> StaticName {
        "Unfold".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Unfold {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let &[batch, channels, rows, columns] = input.shape() else { bail!("not four axes: {:?}", input.shape()) };
        ensure!(channels.is_multiple_of(4), "{channels} channels cannot be unfolded");
        let plain = input.try_as_plain_ram()?;
        let unfolded = unfold(plain.as_slice::<f32>()?, rows, columns);
        Ok(tvec!(Tensor::from_shape(&[batch, channels / 4, rows * 2, columns * 2], &unfolded)?.into_tvalue()))
    }
}

impl TypedOp for Unfold {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let [input] = inputs else { bail!("not one input") };
        let mut shape = input.shape.to_tvec();
        ensure!(shape.len() == 4, "not four axes: {shape:?}");
        shape[1] = shape[1].clone() / 4;
        shape.iter_mut().skip(2).for_each(|side| *side = side.clone() * 2);
        Ok(tvec!(input.datum_type.fact(shape)))
    }

    as_op!();
}

fn unfold(cells: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut unfolded = Vec::with_capacity(cells.len());
    let plane = (rows * columns).max(1);
    for four in cells.chunks_exact(4 * plane) {
        for row in 0..rows {
            for pair in four.chunks_exact(2 * plane) {
                let (left, right) = pair.split_at(plane);
                let at = row * columns..(row + 1) * columns;
                unfolded.extend(left[at.clone()].iter().zip(&right[at]).flat_map(|(left, right)| [*left, *right]));
            }
        }
    }
    unfolded
}

#[cfg(test)]
mod tests {
    use super::unfold;

    #[test]
    fn each_four_channels_are_one_of_four_times_the_cells() {
        let cells: Vec<f32> = (0..16).map(|number| number as f32).collect();
        let expected = [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0, 8.0, 10.0, 9.0, 11.0, 12.0, 14.0, 13.0, 15.0];
        assert_eq!(unfold(&cells, 1, 2), expected);
        assert_eq!(unfold(&cells[..8], 2, 1), [0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0]);
    }
}
