//! Gradients of everything that a language model's layers are made of, against finite differences.

use candle_core::{DType, Tensor, Var};

use super::{
    Activation, AttentionBias, Dense, LayerNorm, RelativeKeys, RelativeQuery, Rotary, activate, gated,
    relative_attention, self_attention,
};
use crate::check::{assert_close, check_gradients, gradients, tensor};

/// Tokens of three sequences.
const LENGTHS: [usize; 3] = [3, 1, 4];
const TOKENS: usize = 8;

fn var(seed: u64, shape: &[usize]) -> Var {
    Var::from_tensor(&tensor(seed, shape)).unwrap()
}

/// Checks a function of f64 variables, and that f32 ones, which could go through loops without gradients, have the same.
fn check(shapes: &[&[usize]], function: impl Fn(&[Tensor]) -> Tensor) {
    let of = |vars: &[Var]| function(&vars.iter().map(|var| var.as_tensor().clone()).collect::<Vec<_>>());
    let wide: Vec<Var> = shapes.iter().zip(1..).map(|(shape, seed)| var(seed, shape)).collect();
    check_gradients(&wide.iter().collect::<Vec<_>>(), || of(&wide));
    let narrow: Vec<Var> =
        wide.iter().map(|var| Var::from_tensor(&var.to_dtype(DType::F32).unwrap()).unwrap()).collect();
    let [wide, narrow] = [&wide, &narrow].map(|vars| gradients(&vars.iter().collect::<Vec<_>>(), &of(vars)));
    for (narrow, wide) in narrow.iter().zip(&wide) {
        assert_close(narrow, wide, 1e-4, "f32");
    }
}

#[test]
fn dense() {
    check(&[&[TOKENS, 5], &[4, 5], &[4]], |x| {
        Dense::new(x[1].clone(), Some(x[2].clone())).forward(&x[0]).unwrap()
    });
    check(&[&[TOKENS, 5], &[4, 5]], |x| Dense::new(x[1].clone(), None).forward(&x[0]).unwrap());
}

#[test]
fn layer_norm() {
    check(&[&[TOKENS, 5], &[5], &[5]], |x| {
        LayerNorm::new(x[1].clone(), x[2].clone(), 1e-5).forward(&x[0]).unwrap()
    });
}

#[test]
fn activations_and_gates() {
    for activation in [
        Activation::Relu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::GeluSigmoid,
        Activation::Silu,
        Activation::Softplus,
        Activation::Tanh,
    ] {
        check(&[&[TOKENS, 6]], |x| activate(&x[0], activation).unwrap());
        check(&[&[TOKENS, 6]], |x| gated(&x[0], activation).unwrap());
    }
}

#[test]
fn rotations() {
    let rotary = Rotary::new(4, 10_000.0, 4);
    check(&[&[TOKENS, 8]], |x| rotary.apply(&x[0], &LENGTHS).unwrap());
}

#[test]
fn attention_of_several_sequences() {
    for bias in [AttentionBias::None, AttentionBias::alibi(2)] {
        let shape: &[usize] = &[TOKENS, 6];
        check(&[shape; 3], |x| self_attention(&x[0], &x[1], &x[2], &LENGTHS, 2, &bias).unwrap());
    }
    // Cut from one tensor, as the joined projection gives them.
    check(&[&[TOKENS, 18]], |x| {
        let part = |at: usize| x[0].narrow(1, 6 * at, 6).unwrap();
        self_attention(&part(0), &part(1), &part(2), &LENGTHS, 2, &AttentionBias::None).unwrap()
    });
}

#[test]
fn attention_by_distance() {
    let features = tensor(9, &[7, 3]);
    let shapes: [&[usize]; 6] = [&[2, 4, 6], &[2, 4, 6], &[2, 4, 4], &[6], &[6], &[6, 3]];
    check(&shapes, |x| {
        let keys = RelativeKeys::new(&features, &x[5]).unwrap();
        let query = RelativeQuery { q: &x[0], content_bias: &x[3], position_bias: &x[4] };
        relative_attention(query, &x[1], &x[2], &keys, 2).unwrap()
    });
}
