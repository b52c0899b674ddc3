//! The network of an ONNX file, ready to run on batches of one size.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use tract_onnx::Onnx;
use tract_onnx::model::ParseResult;
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;

use crate::description::{Input, check_operators, result};
use crate::{Layout, OnnxConfig, OnnxError};

/// Most numbers in an input (1 GiB of them), so that a damaged file cannot ask for all memory.
const LARGEST: usize = 1 << 28;

/// A network that takes (batch, 4, length) or (batch, length, 4) and gives one tensor of floats.
pub(crate) struct Network {
    plan: Arc<TypedSimplePlan>,
    /// Sequences of every run.
    pub(crate) batch: usize,
    /// Length of every sequence in bp.
    pub(crate) length: usize,
    input: [usize; 3],
    /// Shape of the result, the batch first.
    pub(crate) result: Vec<usize>,
}

impl Network {
    /// Reads a model, whose weights may lie in further files of `folder`.
    pub(crate) fn read(
        mut bytes: &[u8],
        folder: Option<&Path>,
        config: &OnnxConfig,
        name: &str,
    ) -> Result<Self, OnnxError> {
        let engine = tract_onnx::onnx().with_ignore_value_info(true);
        let no_onnx =
            |source: TractError| OnnxError::NotOnnx { name: name.to_owned(), source: source.into() };
        let proto = engine.proto_model_for_read(&mut bytes).map_err(no_onnx)?;
        let Some(graph) = &proto.graph else {
            let source = "it holds no graph".into();
            return Err(OnnxError::NotOnnx { name: name.to_owned(), source });
        };
        check_operators(graph, &engine, name)?;
        let input = Input::of(graph, config.layout, name)?;
        let result = result(graph, config, name)?;
        let length = length(config, input)?;
        let batch = input.batch.unwrap_or(config.batch);
        let input = match config.layout {
            Layout::ChannelsFirst => [batch, 4, length],
            Layout::ChannelsLast => [batch, length, 4],
        };
        if input.iter().try_fold(1_usize, |size, &axis| size.checked_mul(axis)).is_none_or(|n| n > LARGEST) {
            let expected = format!("an input of at most {LARGEST} numbers");
            return Err(OnnxError::Tensor { name: name.to_owned(), expected, found: format!("{input:?}") });
        }
        let plan = guarded(|| plan(&engine, &proto, folder, input, result)).map_err(|source| {
            OnnxError::Engine { name: name.to_owned(), doing: "preparing the model", source: source.into() }
        })?;
        let result = result_shape(&plan, batch, name)?;
        Ok(Self { plan, batch, length, input, result })
    }

    /// The result for one batch.
    ///
    /// *Shapes*: `batch` (batch · 4 · length), in the layout's order; the result as [`result`](Self::result) says.
    pub(crate) fn run(&self, batch: &[f32]) -> TractResult<Vec<f32>> {
        let input = Tensor::from_shape(&self.input, batch)?;
        let results = guarded(|| self.plan.run(tvec![input.into()]))?;
        let result = results[0].cast_to::<f32>()?;
        Ok(result.to_plain_array_view::<f32>()?.iter().copied().collect())
    }
}

/// Runs the engine, which panics on some files that are damaged or against ONNX's rules, as an error.
fn guarded<T>(engine: impl FnOnce() -> TractResult<T>) -> TractResult<T> {
    // What a panic leaves half done is the engine's own state of this call, which is dropped.
    catch_unwind(AssertUnwindSafe(engine)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let why =
            text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("for a reason that it does not tell");
        Err(TractError::msg(format!("the engine gave up: {why}")))
    })
}

/// The length that the model or the configuration states.
fn length(config: &OnnxConfig, input: Input) -> Result<usize, OnnxError> {
    let refuse = |expected: String, found: String| OnnxError::Setting { setting: "length", expected, found };
    match (input.length, config.length) {
        (Some(fixed), Some(said)) if fixed != said => {
            Err(refuse(format!("{fixed}, the length that the model reads"), said.to_string()))
        }
        (Some(length), _) | (None, Some(length)) if length > 0 => Ok(length),
        (None, None) => Err(refuse("a number of bp, as the model leaves it open".into(), "nothing".into())),
        _ => Err(refuse("1 or more".into(), "0".into())),
    }
}

fn plan(
    engine: &Onnx,
    proto: &ModelProto,
    folder: Option<&Path>,
    input: [usize; 3],
    result: usize,
) -> TractResult<Arc<TypedSimplePlan>> {
    let ParseResult { mut model, unresolved_inputs, .. } =
        engine.parse(proto, folder.and_then(Path::to_str))?;
    if !unresolved_inputs.is_empty() {
        return Err(TractError::msg(format!("nothing gives {}", unresolved_inputs.join(", "))));
    }
    model.set_input_fact(0, InferenceFact::dt_shape(f32::datum_type(), input))?;
    let result = model.output_outlets()?[result];
    model.select_output_outlets(&[result])?;
    model.into_optimized()?.into_runnable()
}

fn result_shape(plan: &TypedSimplePlan, batch: usize, name: &str) -> Result<Vec<usize>, OnnxError> {
    let refuse = |expected: &str, found: String| {
        Err(OnnxError::Tensor { name: name.to_owned(), expected: expected.to_owned(), found })
    };
    let fact = match plan.model().output_fact(0) {
        Ok(fact) => fact,
        Err(error) => return refuse("a result", error.to_string()),
    };
    if !fact.datum_type.is_float() {
        return refuse("a result of floats", format!("one of type {:?}", fact.datum_type));
    }
    let Some(shape) = fact.shape.as_concrete() else {
        return refuse("a result whose shape follows from the input's", format!("{:?}", fact.shape));
    };
    match shape.first() {
        Some(&first) if first == batch && !shape.contains(&0) => Ok(shape.to_vec()),
        _ => refuse(
            &format!("a result for each of the {batch} sequences of a batch"),
            format!("one of shape {shape:?}"),
        ),
    }
}
