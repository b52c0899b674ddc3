//! What an ONNX file says of its own inputs, results and operators, checked before the engine sees it.

use std::collections::{BTreeSet, HashSet};

use tract_onnx::Onnx;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Dimension;
use tract_onnx::pb::type_proto::Value as Type;
use tract_onnx::pb::{GraphProto, NodeProto, ValueInfoProto};

use crate::{Layout, OnnxConfig, OnnxError};

/// The lengths of the input's axes that the file fixes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Input {
    pub(crate) batch: Option<usize>,
    pub(crate) length: Option<usize>,
}

impl Input {
    /// The only input of a graph, if it is a one-hot sequence.
    pub(crate) fn of(graph: &GraphProto, layout: Layout, name: &str) -> Result<Self, OnnxError> {
        let constants: HashSet<&str> = graph.initializer.iter().map(|constant| &*constant.name).collect();
        let inputs: Vec<&ValueInfoProto> =
            graph.input.iter().filter(|input| !constants.contains(&*input.name)).collect();
        let refuse = |expected: &str, found: String| {
            Err(OnnxError::Tensor { name: name.to_owned(), expected: expected.to_owned(), found })
        };
        let [input] = inputs[..] else {
            return refuse("one input", listed("inputs", inputs.iter().map(|input| &*input.name)));
        };
        let tensor = input.r#type.as_ref().and_then(|kind| kind.value.as_ref());
        let Some(Type::TensorType(tensor)) = tensor else {
            return refuse("an input of 32-bit floats", format!("{:?}, which is no tensor", input.name));
        };
        let kind = DataType::try_from(tensor.elem_type).unwrap_or(DataType::Undefined);
        if kind != DataType::Float {
            return refuse("an input of 32-bit floats", format!("{:?} of type {kind:?}", input.name));
        }
        let Some(shape) = &tensor.shape else { return Ok(Self { batch: None, length: None }) };
        let shape: Vec<Option<&Dimension>> =
            shape.dim.iter().map(|dimension| dimension.value.as_ref()).collect();
        let expected = match layout {
            Layout::ChannelsFirst => "an input of shape (batch, 4, length), as the layout is channels-first",
            Layout::ChannelsLast => "an input of shape (batch, length, 4), as the layout is channels-last",
        };
        let found = format!("{:?} of shape {}", input.name, shown(&shape));
        let (batch, channels, length) = match (layout, &shape[..]) {
            (Layout::ChannelsFirst, &[batch, channels, length])
            | (Layout::ChannelsLast, &[batch, length, channels]) => (batch, channels, length),
            _ => return refuse(expected, found),
        };
        match (fixed(batch), fixed(channels), fixed(length)) {
            (Some(0), ..) | (_, _, Some(0)) => refuse(expected, found),
            (batch, None | Some(4), length) => Ok(Self { batch, length }),
            _ => refuse(expected, found),
        }
    }
}

/// Index of the result that is to be read.
pub(crate) fn result(graph: &GraphProto, config: &OnnxConfig, name: &str) -> Result<usize, OnnxError> {
    let refuse = |expected: String| {
        let found = listed("results", graph.output.iter().map(|result| &*result.name));
        Err(OnnxError::Tensor { name: name.to_owned(), expected, found })
    };
    let index = match &config.result {
        Some(wanted) => graph.output.iter().position(|result| result.name == *wanted),
        None if graph.output.len() == 1 => Some(0),
        None => return refuse("one result, or the name of one in the setting result".into()),
    };
    let Some(index) = index else {
        return refuse(format!("a result named {:?}", config.result.as_deref().unwrap_or_default()));
    };
    // The engine takes for granted that every result comes from somewhere.
    let made = graph.node.iter().flat_map(|node| &node.output);
    let given = graph.input.iter().map(|input| &input.name);
    let constants = graph.initializer.iter().map(|constant| &constant.name);
    let known: HashSet<&String> = made.chain(given).chain(constants).collect();
    match graph.output.iter().find(|result| !known.contains(&result.name)) {
        Some(lost) => refuse(format!("a node that gives the result {:?}", lost.name)),
        None => Ok(index),
    }
}

/// Refuses a graph with operators that the engine does not have.
pub(crate) fn check_operators(graph: &GraphProto, engine: &Onnx, name: &str) -> Result<(), OnnxError> {
    let mut unknown = BTreeSet::new();
    let mut graphs = vec![graph];
    while let Some(graph) = graphs.pop() {
        for node in &graph.node {
            if !engine.op_register.0.contains_key(&node.op_type) {
                unknown.insert(full_name(node));
            }
            // The branches of If, the body of Loop.
            let inner =
                node.attribute.iter().flat_map(|attribute| attribute.g.iter().chain(&attribute.graphs));
            graphs.extend(inner);
        }
    }
    match unknown.is_empty() {
        true => Ok(()),
        false => {
            Err(OnnxError::Operators { name: name.to_owned(), operators: unknown.into_iter().collect() })
        }
    }
}

fn full_name(node: &NodeProto) -> String {
    match node.domain.as_str() {
        "" | "ai.onnx" => node.op_type.clone(),
        domain => format!("{domain}.{}", node.op_type),
    }
}

/// The length of an axis, if it has one.
fn fixed(dimension: Option<&Dimension>) -> Option<usize> {
    match dimension {
        // Some exporters write an open axis as -1.
        Some(Dimension::DimValue(value)) => usize::try_from(*value).ok(),
        _ => None,
    }
}

fn shown(shape: &[Option<&Dimension>]) -> String {
    let axes = shape.iter().map(|dimension| match dimension {
        Some(Dimension::DimValue(value)) => value.to_string(),
        Some(Dimension::DimParam(name)) => name.clone(),
        None => "?".into(),
    });
    format!("({})", axes.collect::<Vec<_>>().join(", "))
}

fn listed<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.len() {
        0 => format!("no {what}"),
        count => format!("{count} {what}: {}", names.join(", ")),
    }
}
