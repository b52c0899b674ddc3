//! Position attention in several heads.

use candle_core::Tensor;

use super::attention::{PositionAttention, keeping};
use crate::simd::Level;
use crate::{Doing, NnError};

/// Position attention of each of `heads` groups of channels by itself, keeping the `top` largest relations of each.
///
/// Group g holds the channels g·C/h to (g + 1)·C/h. It has a relation matrix Rᵍ = (Eᵍ)ᵀPᵍ / (C/h), and its own maxima
/// weigh its own channels. With one head it is [`position_attention`](super::position_attention) with k given.
///
/// *Shapes*: `e` (B, C, n), `p` (B, C, m). What is (B, x) in one head's [`PositionAttention`] is (B, h·x) here, head
/// after head: `top` holds the first head's relations from the largest down, then the second's, and so on.
///
/// *Cost*: that of one head, and h times its top k.
///
/// # Errors
///
/// [`NnError::Heads`] if the channels cannot be cut into that many groups, [`NnError::TopCount`] if there are fewer
/// relations than are to be kept or none is; [`NnError::Shape`] or [`NnError::DType`] if the features don't fit together.
///
/// ```
/// use ciskit_nn::{Device, Tensor, ops};
///
/// let e = Tensor::new(&[[[1f32, 3.], [2., 0.]]], &Device::Cpu)?; // two channels, two positions
/// let p = Tensor::new(&[[[1f32, 1.], [0., 5.]]], &Device::Cpu)?;
/// let attention = ops::position_attention_heads(&e, &p, 2, 2)?;
/// assert_eq!(attention.enhancer.dims(), [1, 2, 2]);
/// assert_eq!(attention.top.to_vec2::<f32>()?, [[3., 3., 10., 0.]]);
/// # Ok::<(), ciskit_nn::NnError>(())
/// ```
pub fn position_attention_heads(
    e: &Tensor,
    p: &Tensor,
    heads: usize,
    top: usize,
) -> Result<PositionAttention, NnError> {
    let sizes = |x: &Tensor| match *x.dims() {
        [batch, channels, positions] => Ok((batch, channels, positions)),
        _ => Err(NnError::shape("features", "(batch, channels, positions)", x.dims())),
    };
    let ((batch, channels, n), (_, _, m)) = (sizes(e)?, sizes(p)?);
    if heads == 0 || !channels.is_multiple_of(heads) {
        return Err(NnError::Heads { channels, heads });
    }
    if top == 0 || top > n * m {
        return Err(NnError::TopCount { enhancer: n, promoter: m, ratio: top as f64 / (n * m) as f64 });
    }
    if heads == 1 {
        return keeping(Level::current(), e, p, top);
    }
    let doing = "cutting channels into heads";
    let groups = |x: &Tensor| {
        let (batch, channels, positions) = x.dims3()?;
        x.contiguous()?.reshape((batch * heads, channels / heads, positions))
    };
    let (e, p) = (groups(e).doing(doing)?, groups(p).doing(doing)?); // (B·h, C/h, n), (B·h, C/h, m)
    let each = keeping(Level::current(), &e, &p, top)?;
    let whole = |x: &Tensor, positions| x.contiguous()?.reshape((batch, channels, positions));
    let side_by_side = |x: &Tensor| x.contiguous()?.reshape((batch, ()));
    let joined = || {
        Ok(PositionAttention {
            enhancer: whole(&each.enhancer, n)?,                   // (B, C, n)
            promoter: whole(&each.promoter, m)?,                   // (B, C, m)
            top: side_by_side(&each.top)?,                         // (B, h·k)
            enhancer_max: side_by_side(&each.enhancer_max)?,       // (B, h·n)
            promoter_max: side_by_side(&each.promoter_max)?,       // (B, h·m)
            enhancer_weight: side_by_side(&each.enhancer_weight)?, // (B, h·n)
            promoter_weight: side_by_side(&each.promoter_weight)?, // (B, h·m)
        })
    };
    joined().doing(doing)
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, Var};

    use super::*;
    use crate::check::{assert_close, check_gradients, tensor, values};
    use crate::ops::position_attention;

    fn variables(batch: usize) -> [Var; 2] {
        let shapes = [[batch, 6, 5], [batch, 6, 4]];
        [1, 2].map(|seed| Var::from_tensor(&tensor(seed, &shapes[seed as usize - 1])).unwrap())
    }

    #[test]
    fn each_head_is_the_attention_of_its_own_channels() {
        let [e, p] = variables(3);
        let found = position_attention_heads(&e, &p, 2, 7).unwrap();
        for head in 0..2 {
            let of = |x: &Tensor, width: usize| x.narrow(1, head * width, width).unwrap();
            let expected = position_attention(&of(&e, 3), &of(&p, 3), 0.35).unwrap();
            assert_close(&of(&found.enhancer, 3), &expected.enhancer, 0.0, "enhancer");
            assert_close(&of(&found.promoter, 3), &expected.promoter, 0.0, "promoter");
            assert_close(&of(&found.top, 7), &expected.top, 0.0, "top");
            assert_close(&of(&found.enhancer_max, 5), &expected.enhancer_max, 0.0, "enhancer maxima");
            assert_close(&of(&found.promoter_weight, 4), &expected.promoter_weight, 0.0, "promoter weights");
        }
        let (one, plain) = (position_attention_heads(&e, &p, 1, 7), position_attention(&e, &p, 0.35));
        assert_eq!(values(&one.unwrap().enhancer), values(&plain.unwrap().enhancer));
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for (batch, heads) in [(1, 2), (2, 3), (5, 6)] {
            let [e, p] = variables(batch);
            check_gradients(&[&e, &p], || {
                let attention = position_attention_heads(&e, &p, heads, 6).unwrap();
                let flat = [&attention.enhancer, &attention.promoter, &attention.top];
                Tensor::cat(&flat.map(|x| x.flatten_from(1).unwrap()), 1).unwrap()
            });
        }
    }

    #[test]
    fn heads_that_channels_do_not_fill_are_refused() {
        let [e, p] = variables(1);
        let message = |heads, top| position_attention_heads(&e, &p, heads, top).unwrap_err().to_string();
        assert_eq!(message(4, 1), "6 channels cannot be cut into 4 heads");
        assert_eq!(message(0, 1), "6 channels cannot be cut into 0 heads");
        assert!(
            message(1, 0).ends_with("is no value at all") && message(1, 21).ends_with("more than all of it")
        );
        let short = Tensor::zeros((1, 6), DType::F64, &Device::Cpu).unwrap();
        for (e, p) in [(&short, p.as_tensor()), (e.as_tensor(), &short)] {
            let message = position_attention_heads(e, p, 1, 1).unwrap_err().to_string();
            assert_eq!(message, "features has shape [1, 6], expected (batch, channels, positions)");
        }
    }
}
