//! Operations whose large gradients go past candle's sums.
//!
//! candle keeps a tensor of zeros for the gradient of every tensor, and adds what each operation gives to it in a third
//! one, on one thread: for features of a hundred pairs a fifth of a training step. [`Past`] runs an operation so that
//! its large tensors are none of candle's. In their place the graph has tokens, single numbers whose gradient is always
//! 0: they keep the backward pass in order, and the gradients themselves lie in [`Deposit`]s.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, CustomOp3, Device, Layout, Result, Shape, Storage, Tensor, WithDType,
};

use super::host::Real;

/// A gradient on its way past candle's sums.
///
/// Operations that read the same features leave their parts here, and the operation that made the features collects
/// the sum. One that is known to come after the others may collect what they left and add its few entries to that.
#[derive(Clone, Default)]
pub(crate) struct Deposit(Arc<Mutex<Option<Left>>>);

enum Left {
    Numbers(CpuStorage),
    Tensor(Tensor),
}

impl Left {
    fn tensor(self, shape: &Shape) -> Result<Tensor> {
        match self {
            Self::Tensor(tensor) => Ok(tensor),
            Self::Numbers(CpuStorage::F32(numbers)) => Tensor::from_vec(numbers, shape, &Device::Cpu),
            Self::Numbers(numbers) => Tensor::from_vec(f64::cpu_storage_data(numbers)?, shape, &Device::Cpu),
        }
    }
}

impl Deposit {
    fn take(&self) -> Option<Left> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    fn put(&self, left: Left) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
    }

    /// Adds a gradient.
    pub(crate) fn leave(&self, gradient: Tensor) -> Result<()> {
        let sum = match self.take() {
            Some(left) => (left.tensor(gradient.shape())? + gradient)?,
            None => gradient,
        };
        self.put(Left::Tensor(sum));
        Ok(())
    }

    /// [`leave`](Self::leave) of numbers of that shape, which may be collected without a copy.
    pub(crate) fn leave_numbers<T: Real>(&self, gradient: Vec<T>, shape: &Shape) -> Result<()> {
        match self.take() {
            Some(left) => {
                self.put(left);
                self.leave(Tensor::from_vec(gradient, shape, &Device::Cpu)?)
            }
            None => {
                self.put(Left::Numbers(T::to_cpu_storage_owned(gradient)));
                Ok(())
            }
        }
    }

    /// What was left, or zeros if nothing was: then the loss does not depend on these features.
    pub(crate) fn collect<T: Real>(&self, len: usize) -> Result<Vec<T>> {
        match self.take() {
            Some(Left::Numbers(numbers)) => T::cpu_storage_data(numbers),
            Some(Left::Tensor(tensor)) => tensor.flatten_all()?.to_vec1(),
            None => Ok(vec![T::zero(); len]),
        }
    }

    /// [`collect`](Self::collect) as a tensor of that shape, and of the type that `like` has.
    fn collect_tensor(&self, shape: &Shape, like: &Tensor) -> Result<Tensor> {
        match self.take() {
            Some(left) => left.tensor(shape),
            None => Tensor::zeros(shape, like.dtype(), &Device::Cpu),
        }
    }
}

/// Features outside of candle's graph, and the token that stands for them in it.
#[derive(Clone)]
pub(crate) struct Traced {
    /// Contiguous, on the CPU.
    pub(crate) values: Tensor,
    pub(crate) token: Tensor,
    pub(crate) deposit: Deposit,
}

impl Traced {
    /// The features as a tensor of candle's graph.
    pub(crate) fn tensor(&self) -> Result<Tensor> {
        self.token.apply_op1(Return(self.clone()))
    }
}

/// A tensor from its token.
struct Return(Traced);

impl CustomOp1 for Return {
    fn name(&self) -> &'static str {
        "return"
    }

    fn cpu_fwd(&self, _token: &CpuStorage, _layout: &Layout) -> Result<(CpuStorage, Shape)> {
        on_cpu(&self.0.values, |storage, layout| {
            let (start, end) = (layout.start_offset(), layout.start_offset() + layout.shape().elem_count());
            let storage = match storage {
                CpuStorage::F32(numbers) => CpuStorage::F32(numbers[start..end].to_vec()),
                _ => CpuStorage::F64(f64::cpu_storage_as_slice(storage)?[start..end].to_vec()),
            };
            Ok((storage, layout.shape().clone()))
        })
    }

    fn bwd(&self, token: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        self.0.deposit.leave(gradient.clone())?;
        Ok(Some(token.zeros_like()?))
    }
}

fn on_cpu<R>(tensor: &Tensor, run: impl FnOnce(&CpuStorage, &Layout) -> Result<R>) -> Result<R> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => run(storage, layout),
        _ => candle_core::bail!("a tensor on the CPU is needed"),
    }
}

/// What an operation gave, kept out of candle's graph.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Option<(CpuStorage, Shape)>>>);

/// An operation of whose inputs some are tokens of features, and whose result may be one.
pub(crate) struct Past<C, const N: usize> {
    op: C,
    inputs: [Option<Traced>; N],
    kept: Option<(Kept, Deposit)>,
    /// Of the operation's result; written by the forward pass, read by the backward pass.
    shape: OnceLock<Shape>,
}

/// An input of an operation: a tensor of candle's graph, or features past it.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a> {
    Tensor(&'a Tensor),
    Traced(&'a Traced),
}

impl<'a> Input<'a> {
    /// The numbers themselves.
    pub(crate) fn values(self) -> &'a Tensor {
        match self {
            Self::Tensor(tensor) => tensor,
            Self::Traced(traced) => &traced.values,
        }
    }

    /// Whether a variable waits for its gradient.
    pub(crate) fn is_tracked(self) -> bool {
        self.tensor().track_op()
    }

    /// Where operations that share these features leave gradients for each other.
    pub(crate) fn deposit(self) -> Deposit {
        match self {
            Self::Tensor(_) => Deposit::default(),
            Self::Traced(traced) => traced.deposit.clone(),
        }
    }

    fn tensor(self) -> &'a Tensor {
        match self {
            Self::Tensor(tensor) => tensor,
            Self::Traced(traced) => &traced.token,
        }
    }

    fn traced(self) -> Option<Traced> {
        match self {
            Self::Tensor(_) => None,
            Self::Traced(traced) => Some(traced.clone()),
        }
    }
}

/// The result of an operation of two inputs as a tensor of candle's graph.
pub(crate) fn tensor_of2<C>(op: C, inputs: [Input<'_>; 2]) -> Result<Tensor>
where
    C: CustomOp2 + Send + Sync + 'static,
{
    let [a, b] = inputs;
    a.tensor().apply_op2(b.tensor(), Past::new(op, inputs, None))
}

/// The result of an operation of two inputs past candle's graph.
pub(crate) fn traced_of2<C>(op: C, inputs: [Input<'_>; 2]) -> Result<Traced>
where
    C: CustomOp2 + Send + Sync + 'static,
{
    traced(|kept| {
        let [a, b] = inputs;
        a.tensor().apply_op2(b.tensor(), Past::new(op, inputs, Some(kept)))
    })
}

/// The result of an operation of three inputs past candle's graph.
pub(crate) fn traced_of3<C>(op: C, inputs: [Input<'_>; 3]) -> Result<Traced>
where
    C: CustomOp3 + Send + Sync + 'static,
{
    traced(|kept| {
        let [a, b, c] = inputs;
        a.tensor().apply_op3(b.tensor(), c.tensor(), Past::new(op, inputs, Some(kept)))
    })
}

fn traced(apply: impl FnOnce((Kept, Deposit)) -> Result<Tensor>) -> Result<Traced> {
    let (kept, deposit) = (Kept::default(), Deposit::default());
    let token = apply((kept.clone(), deposit.clone()))?;
    let result = kept.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    let values = match result {
        Some((CpuStorage::F32(numbers), shape)) => Tensor::from_vec(numbers, shape, &Device::Cpu)?,
        Some((CpuStorage::F64(numbers), shape)) => Tensor::from_vec(numbers, shape, &Device::Cpu)?,
        _ => candle_core::bail!("features past candle's graph are numbers on the CPU"),
    };
    Ok(Traced { values, token, deposit })
}

impl<C, const N: usize> Past<C, N> {
    fn new(op: C, inputs: [Input<'_>; N], kept: Option<(Kept, Deposit)>) -> Self {
        Self { op, inputs: inputs.map(Input::traced), kept, shape: OnceLock::new() }
    }

    /// Runs `forward` on the inputs that the operation is meant for; gives what candle is to see of the result.
    fn forward(
        &self,
        arguments: [(&CpuStorage, &Layout); N],
        forward: impl FnOnce([(&CpuStorage, &Layout); N]) -> Result<(CpuStorage, Shape)>,
    ) -> Result<(CpuStorage, Shape)> {
        let held = self.inputs.each_ref().map(|input| Some(input.as_ref()?.values.storage_and_layout()));
        let mut meant = arguments;
        for (meant, held) in meant.iter_mut().zip(&held) {
            match held.as_ref().map(|(storage, layout)| (&**storage, *layout)) {
                Some((Storage::Cpu(storage), layout)) => *meant = (storage, layout),
                Some(_) => candle_core::bail!("a tensor on the CPU is needed"),
                None => {}
            }
        }
        let (storage, shape) = forward(meant)?;
        let Some((kept, _)) = &self.kept else { return Ok((storage, shape)) };
        let token = match &storage {
            CpuStorage::F32(_) => CpuStorage::F32(vec![0.0]),
            _ => CpuStorage::F64(vec![0.0]),
        };
        // An operation is applied once, so the cell is empty.
        let _ = self.shape.set(shape.clone());
        *kept.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((storage, shape));
        Ok((token, Shape::from(1)))
    }

    /// Runs `backward` on the inputs and the gradient that the operation is meant for; leaves gradients of features
    /// where they are collected, and gives what candle is to see of them.
    fn backward(
        &self,
        arguments: [&Tensor; N],
        gradient: &Tensor,
        backward: impl FnOnce([&Tensor; N], &Tensor) -> Result<[Option<Tensor>; N]>,
    ) -> Result<[Option<Tensor>; N]> {
        let collected = match (&self.kept, self.shape.get()) {
            (Some((_, deposit)), Some(shape)) => Some(deposit.collect_tensor(shape, gradient)?),
            _ => None,
        };
        let mut meant = arguments;
        for (meant, input) in meant.iter_mut().zip(&self.inputs) {
            if let Some(input) = input {
                *meant = &input.values;
            }
        }
        let mut gradients = backward(meant, collected.as_ref().unwrap_or(gradient))?;
        for ((gradient, argument), input) in gradients.iter_mut().zip(arguments).zip(&self.inputs) {
            let Some(input) = input else { continue };
            let found = gradient.take();
            // Nobody would collect what is left for features that depend on no variable.
            if argument.track_op() {
                if let Some(found) = found {
                    input.deposit.leave(found)?;
                }
                *gradient = Some(argument.zeros_like()?);
            }
        }
        Ok(gradients)
    }
}

impl<C: CustomOp2> CustomOp2 for Past<C, 2> {
    fn name(&self) -> &'static str {
        self.op.name()
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.forward([(s1, l1), (s2, l2)], |[(s1, l1), (s2, l2)]| self.op.cpu_fwd(s1, l1, s2, l2))
    }

    fn bwd(
        &self,
        a: &Tensor,
        b: &Tensor,
        result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let [a, b] = self
            .backward([a, b], gradient, |[a, b], gradient| Ok(self.op.bwd(a, b, result, gradient)?.into()))?;
        Ok((a, b))
    }
}

impl<C: CustomOp3> CustomOp3 for Past<C, 3> {
    fn name(&self) -> &'static str {
        self.op.name()
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.forward([(s1, l1), (s2, l2), (s3, l3)], |[(s1, l1), (s2, l2), (s3, l3)]| {
            self.op.cpu_fwd(s1, l1, s2, l2, s3, l3)
        })
    }

    fn bwd(
        &self,
        a: &Tensor,
        b: &Tensor,
        c: &Tensor,
        result: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [a, b, c] = self.backward([a, b, c], gradient, |[a, b, c], gradient| {
            Ok(self.op.bwd(a, b, c, result, gradient)?.into())
        })?;
        Ok((a, b, c))
    }
}
