//! Writes the compact model, the mirror of what `model.rs` reads.

use super::model::{
    ADD, CELLS, CENTRES, CONV, ConvShape, Heads, Level, MAGIC, MAX_POOL, Model, Operation, RELU, SIGMOID, UNFOLD, UPSAMPLE, Weights,
};
use crate::Error;

/// All but the checksum.
pub(crate) fn body(model: &Model) -> Result<Vec<u8>, Error> {
    let mut body = MAGIC.to_vec();
    byte(&mut body, model.name.len())?;
    body.extend_from_slice(model.name.as_bytes());
    short(&mut body, model.operations.len())?;
    model.operations.iter().try_for_each(|each| operation(&mut body, each))?;
    let heads = match model.heads {
        Heads::Cells => CELLS,
        Heads::Centres => CENTRES,
    };
    byte(&mut body, heads)?;
    byte(&mut body, model.levels.len())?;
    for Level { stride, cls, obj, bbox } in &model.levels {
        byte(&mut body, *stride)?;
        [cls, obj, bbox].into_iter().try_for_each(|value| short(&mut body, *value))?;
    }
    Ok(body)
}

fn operation(body: &mut Vec<u8>, operation: &Operation) -> Result<(), Error> {
    let (kind, input) = match operation {
        Operation::Conv { input, .. } => (CONV, input),
        Operation::Relu { input } => (RELU, input),
        Operation::MaxPool { input } => (MAX_POOL, input),
        Operation::Upsample { input } => (UPSAMPLE, input),
        Operation::Add { left, .. } => (ADD, left),
        Operation::Sigmoid { input } => (SIGMOID, input),
        Operation::Unfold { input } => (UNFOLD, input),
    };
    byte(body, kind)?;
    short(body, *input)?;
    match operation {
        Operation::Conv { shape: ConvShape { inputs, outputs, groups, kernel, stride }, weights, bias, .. } => {
            [inputs, outputs, groups].into_iter().try_for_each(|count| short(body, *count))?;
            byte(body, *kernel)?;
            byte(body, *stride)?;
            self::weights(body, weights)?;
            self::weights(body, bias)
        }
        Operation::Add { right, .. } => short(body, *right),
        _ => Ok(()),
    }
}

fn weights(body: &mut Vec<u8>, weights: &Weights) -> Result<(), Error> {
    match weights {
        Weights::Exact(values) => {
            short(body, 0)?;
            values.iter().for_each(|value| body.extend_from_slice(&value.to_le_bytes()));
        }
        Weights::Quantised { blocks, values } => {
            short(body, blocks.len())?;
            for (scale, zero) in blocks {
                body.extend_from_slice(&scale.to_le_bytes());
                body.extend_from_slice(&zero.to_le_bytes());
            }
            body.extend(values.iter().map(|value| value.cast_unsigned()));
        }
    }
    Ok(())
}

fn byte(body: &mut Vec<u8>, value: usize) -> Result<(), Error> {
    body.push(u8::try_from(value).map_err(too_large)?);
    Ok(())
}

fn short(body: &mut Vec<u8>, value: usize) -> Result<(), Error> {
    body.extend_from_slice(&u16::try_from(value).map_err(too_large)?.to_le_bytes());
    Ok(())
}

fn too_large(_: std::num::TryFromIntError) -> Error {
    Error::Model("the model is too large for the compact form".into())
}
