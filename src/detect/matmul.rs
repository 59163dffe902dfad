//! Matrix products with tract's kernels: nearly all of a detector's work.
//!
//! The operation is called directly, not as a node of tract's graph: there, the linker could not tell which of tract's other operations
//! and rewriting rules can be reached, and three megabytes of WebAssembly would come along.

use tract_core::internal::*;
use tract_core::ops::matmul::ModePicker;
use tract_core::ops::matmul::optimized::{AddMatMulGeometry, MapOutputAxisToInput, MatMulOperand, OptMatMul, ProtoFusedSpec};
use tract_core::tract_linalg::mmm::{MMMInputFormat, OutputStoreSpec, PackedMatrixStorage, Query};
use tract_core::tract_linalg::{BinOp, MmmDispatch};

use crate::vector::release_upper_halves;

/// `weights` × input, plus a bias for each row, where numbers below `floor` become that.
pub(crate) struct MatMul {
    product: OptMatMul,
    /// How the kernel wants its input laid out.
    packing: Box<dyn MMMInputFormat>,
    bias: Arc<Tensor>,
    floor: Arc<Tensor>,
}

impl MatMul {
    /// Of `weights`, rows × `depth`, with inputs of `depth` × `columns`.
    pub(crate) fn new(weights: &[f32], bias: &[f32], depth: usize, columns: usize, floor: f32) -> TractResult<Self> {
        let rows = bias.len();
        let number = f32::datum_type();
        let query = Query {
            weight: number.into(),
            activation: number,
            accumulators: tvec!(number),
            store: None,
            allow_extractor: false,
            m: Some(rows),
            k: Some(depth),
            n: Some(columns),
        };
        let (kernel, packing, _) = MmmDispatch::native().pick(&query).context("no kernel for this product")?;
        let (weight_format, input_format) = kernel.packings().get(packing).context("no such packing")?.clone();
        let packed = weight_format.prepare_one(&Tensor::from_shape(&[rows, depth], weights)?, 1, 0)?;
        let store = OutputStoreSpec::View { m_axis: Some(0), n_axis: Some(1), mr: kernel.mr(), nr: kernel.nr() };
        let none = || MapOutputAxisToInput(tvec!());
        let geo = AddMatMulGeometry { k: depth.to_dim(), c_to_a_axis_mapping: none(), c_to_b_axis_mapping: none() };
        let steps = vec![
            ProtoFusedSpec::AddMatMul { geo, a: MatMulOperand::Const(packed), b: MatMulOperand::Input(0), packings: vec![(packing, None)] },
            ProtoFusedSpec::BinPerRow(1, BinOp::Add, none()),
            ProtoFusedSpec::BinScalar(2, BinOp::Max),
            ProtoFusedSpec::Store(vec![store]),
        ];
        let result = f32::fact([rows, columns]);
        let product = OptMatMul::new(vec![kernel], ModePicker::Single, result, Some(0), Some(1), steps, packing == 0)?;
        let (bias, floor) = (tensor1(bias).into_arc_tensor(), tensor0(floor).into_arc_tensor());
        Ok(Self { product, packing: input_format, bias, floor })
    }

    pub(crate) fn run(&self, input: &Tensor) -> TractResult<Tensor> {
        let packed = PackedMatrixStorage::new(self.packing.prepare_one(input, 0, 1)?).into_tensor(f32::datum_type());
        let inputs = tvec!(packed.into_tvalue(), Arc::clone(&self.bias).into_tvalue(), Arc::clone(&self.floor).into_tvalue());
        let context = EvalContext::out_of_plan();
        let outputs = self.product.eval(&context, inputs);
        // What it noted of the output's layout is for a graph's operation; the next one to come is another.
        self.product.drop_session(context.session, context.node_id);
        release_upper_halves();
        Ok(outputs?.pop().context("the product gives nothing")?.into_tensor())
    }
}
