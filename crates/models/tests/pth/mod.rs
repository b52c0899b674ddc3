//! Writes `.pth` files as PyTorch does: a zip archive of a protocol 2 pickle and raw numbers.

use std::io::{Cursor, Write};

use ciskit_nn::{DType, Tensor};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A state dict in the making.
pub(crate) struct Pickle {
    entries: Vec<u8>,
    storages: Vec<Vec<u8>>,
}

impl Pickle {
    pub(crate) fn new() -> Self {
        Self { entries: Vec::new(), storages: Vec::new() }
    }

    /// Adds numbers that views can be made of.
    pub(crate) fn storage(&mut self, numbers: &[f32]) {
        self.storages.push(numbers.iter().flat_map(|number| number.to_le_bytes()).collect());
    }

    /// Adds a tensor with a storage of its own.
    pub(crate) fn tensor(&mut self, name: &str, tensor: &Tensor) {
        let class = match tensor.dtype() {
            DType::F32 => "FloatStorage",
            DType::F64 => "DoubleStorage",
            DType::F16 => "HalfStorage",
            DType::BF16 => "BFloat16Storage",
            DType::I64 => "LongStorage",
            other => panic!("no storage class for {other:?}"),
        };
        let mut bytes = Vec::new();
        tensor.write_bytes(&mut bytes).unwrap();
        self.storages.push(bytes);
        let strides = tensor.layout().stride().to_vec();
        self.typed_view(name, class, 0, tensor.dims(), &strides);
    }

    /// Adds a tensor of f32 inside the latest storage.
    pub(crate) fn view(&mut self, name: &str, offset: usize, shape: &[usize], strides: &[usize]) {
        self.typed_view(name, "FloatStorage", offset, shape, strides);
    }

    /// Adds a tensor inside the latest storage, said to be of a class.
    pub(crate) fn typed_view(
        &mut self,
        name: &str,
        class: &str,
        offset: usize,
        shape: &[usize],
        strides: &[usize],
    ) {
        let storage = self.storages.len() - 1;
        let tuple = |numbers: &[usize]| {
            [b"(".to_vec(), numbers.iter().flat_map(|&n| int(n)).collect(), b"t".to_vec()].concat()
        };
        self.entries.extend(
            [
                text(name),
                b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec(),
                text("storage"),
                format!("ctorch\n{class}\n").into_bytes(),
                text(&storage.to_string()),
                text("cuda:0"),
                int(self.storages[storage].len()),
                b"tQ".to_vec(),
                int(offset),
                tuple(shape),
                tuple(strides),
                b"\x89ccollections\nOrderedDict\n)RtR".to_vec(),
            ]
            .concat(),
        );
    }

    /// The file, with the state dict on top or beside two numbers under a key.
    pub(crate) fn finish(&self, nesting: Option<&str>) -> Vec<u8> {
        let state_dict = [
            b"ccollections\nOrderedDict\n)R(".as_slice(),
            &self.entries,
            b"u}", // attributes of the dict object follow, as torch.nn.Module.state_dict() sets them
            &text("_metadata"),
            b"}sb",
        ]
        .concat();
        let pickle = match nesting {
            None => [b"\x80\x02".as_slice(), &state_dict, b"."].concat(),
            Some(key) => {
                let number =
                    |key, value: f64| [text(key), b"G".to_vec(), value.to_be_bytes().to_vec()].concat();
                [
                    b"\x80\x02}(".as_slice(),
                    &number("a1", 0.6),
                    &number("a2", 0.4),
                    &text(key),
                    &state_dict,
                    b"u.",
                ]
                .concat()
            }
        };
        archive(&pickle, &self.storages)
    }
}

/// The archive of a pickle and storages.
pub(crate) fn archive(pickle: &[u8], storages: &[Vec<u8>]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, bytes: &[u8]| {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(format!("archive/{name}"), options).unwrap();
        zip.write_all(bytes).unwrap();
    };
    add("data.pkl", pickle);
    add("byteorder", b"little");
    for (index, storage) in storages.iter().enumerate() {
        add(&format!("data/{index}"), storage);
    }
    add("version", b"3\n");
    zip.finish().unwrap().into_inner()
}

fn text(text: &str) -> Vec<u8> {
    [b"X".as_slice(), &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

fn int(number: usize) -> Vec<u8> {
    [b"J".as_slice(), &(number as i32).to_le_bytes()].concat()
}
