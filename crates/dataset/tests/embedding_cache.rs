//! A cache of embeddings gives the numbers of the model, whatever happens to its files.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ciskit_core::{Embedding, InMemoryGenome, Interval, Pair, Pooling, ScoreError, SequenceEmbedder, Side};
use ciskit_dataset::{
    Covariates, DatasetError, EmbeddedPairs, EmbeddingCache, GenomePairs, Jitter, PairSource, WindowRule,
    WithCovariates, embed_windows,
};

/// Counts letters by threes, and the sequences that it was asked for; it knows no X.
#[derive(Default)]
struct Counting(AtomicUsize);

impl SequenceEmbedder for Counting {
    fn width(&self) -> usize {
        2
    }
    fn embed(&self, sequences: &[&[u8]], _: Pooling) -> Result<Vec<Embedding>, ScoreError> {
        self.0.fetch_add(sequences.len(), Ordering::Relaxed);
        let of = |(item, sequence): (usize, &&[u8])| {
            if sequence.contains(&b'X') {
                return Err(ScoreError::Unsupported { item, why: "a letter X".into() });
            }
            let rows = sequence.chunks(3).enumerate();
            let (positions, values): (Vec<_>, Vec<_>) = rows
                .map(|(row, bases)| {
                    let count = |letter: u8| bases.iter().filter(|base| **base == letter).count() as f32;
                    (row * 3..row * 3 + bases.len(), [0.1 + count(b'A'), count(b'C') / 3.0])
                })
                .unzip();
            Ok(Embedding::new(2, positions, values.concat())?)
        };
        sequences.iter().enumerate().map(of).collect()
    }
}

fn windows(count: u32) -> Vec<Vec<u8>> {
    let letters = |window: u32| (0..12).map(move |bit| b"AC"[(window >> bit) as usize % 2]).collect();
    (0..count).map(letters).collect()
}

fn views(windows: &[Vec<u8>]) -> Vec<&[u8]> {
    windows.iter().map(Vec::as_slice).collect()
}

fn open(folder: &Path) -> (EmbeddingCache, Arc<Counting>) {
    let embedder = Arc::new(Counting::default());
    (EmbeddingCache::open(folder, embedder.clone(), "toy model", "7", 5).unwrap(), embedder)
}

/// Whether a cache gives what the model does, and how often it had to ask the model.
fn asked(folder: &Path, windows: &[Vec<u8>]) -> (usize, Vec<String>) {
    let (cache, embedder) = open(folder);
    let mut values = vec![f32::NAN];
    for window in windows {
        cache.get(window, &mut values).unwrap();
        assert_eq!(values, embed_windows(&Counting::default(), &[window], 5).unwrap()[0]);
    }
    (embedder.0.load(Ordering::Relaxed), cache.notes())
}

fn files(cache: &EmbeddingCache) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(cache.folder()).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn each_window_is_embedded_once() {
    let folder = tempfile::tempdir().unwrap();
    let windows = windows(600);
    let (cache, embedder) = open(folder.path());
    assert_eq!(cache.embed(&views(&windows)[..400]).unwrap(), 400);
    let twice = [&windows[399..], &windows[350..]].concat();
    assert_eq!(cache.embed(&views(&twice)).unwrap(), 200);
    let lower = windows[0].to_ascii_lowercase();
    assert!(cache.contains(&lower) && cache.embed(&[&lower]).unwrap() == 0);
    assert_eq!((cache.len(), embedder.0.load(Ordering::Relaxed)), (600, 600));
    // Whole files only: what is left over is written at the end.
    assert_eq!(files(&cache).len(), 2);
    drop(cache);
    let (cache, _) = open(folder.path());
    assert_eq!((cache.len(), files(&cache).len()), (600, 3));
    assert_eq!(asked(folder.path(), &windows), (0, vec![]));
}

#[test]
fn a_killed_process_loses_little_and_two_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let windows = windows(700);
    let ((one, _), (two, _)) = (open(folder.path()), open(folder.path()));
    assert_eq!(one.embed(&views(&windows[..300])).unwrap(), 300);
    // It sees what the first has written, and not what it is still to write.
    assert_eq!(two.embed(&views(&windows[..300])).unwrap(), 300 - 256);
    assert_eq!(two.embed(&views(&windows[300..])).unwrap(), 400);
    one.store().unwrap();
    std::mem::forget(two);
    let (after, _) = open(folder.path());
    assert_eq!(after.len(), 300 + 400 + 44 - 256 + 24);
    drop(after);
    assert_eq!(asked(folder.path(), &windows), (700 - 512, vec![]));
}

#[test]
fn damaged_files_are_made_again_and_others_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let windows = windows(40);
    assert_eq!(asked(folder.path(), &windows), (40, vec![]));
    let (cache, _) = open(folder.path());
    let file = files(&cache).remove(0);
    let whole = std::fs::read(&file).unwrap();
    let note = format!("{} is cut short, damaged or gone: its windows are embedded again", file.display());

    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    for (damaged, again) in [(&whole[..whole.len() - 1], 40), (&whole[..90], 40), (&changed, 1)] {
        std::fs::write(&file, damaged).unwrap();
        let (found, notes) = asked(folder.path(), &windows);
        assert_eq!((found, &notes[..]), (again, std::slice::from_ref(&note)));
        // What was good in it was read before its end was met: a later process embeds it once more, and all is well.
        asked(folder.path(), &windows);
        assert_eq!(asked(folder.path(), &windows), (0, vec![]));
        for other in files(&cache) {
            std::fs::remove_file(other).unwrap();
        }
        asked(folder.path(), &windows);
    }

    let (notes, foreign) = (cache.folder().join("notes.embeddings"), cache.folder().join("other.embeddings"));
    std::fs::write(&notes, "my notes").unwrap();
    let text = String::from_utf8_lossy(&whole).replacen("fingerprint=7", "fingerprint=8", 1);
    std::fs::write(&foreign, text.as_bytes()).unwrap();
    let (found, said) = asked(folder.path(), &windows);
    assert_eq!(found, 0);
    assert_eq!(said[0], format!("{} holds no embeddings: it is left alone", notes.display()));
    assert!(
        said[1].contains("holds embeddings by toy model (fingerprint 8, 2 numbers for each 5 bp), not by")
    );
    assert!(notes.exists() && foreign.exists());

    std::fs::write(&notes, "##ciskit embeddings format=2\n").unwrap();
    let refused = EmbeddingCache::open(folder.path(), Arc::new(Counting::default()), "toy model", "7", 5);
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.ends_with("notes.embeddings has format 2, and this version reads format 1 only"),
        "{refused}"
    );
}

#[test]
fn models_and_bins_have_folders_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let of = |model: &str, fingerprint: &str, bin| {
        EmbeddingCache::open(folder.path(), Arc::new(Counting::default()), model, fingerprint, bin).unwrap()
    };
    let all = [of("a/b", "7", 5), of("a_b", "7", 5), of("a/b", "8", 5), of("a/b", "7", 6)];
    for (index, cache) in all.iter().enumerate() {
        assert_eq!(cache.embed(&[b"ACCA"]).unwrap(), 1);
        assert!(all[..index].iter().all(|other| other.folder() != cache.folder()));
        assert_eq!(cache.folder().parent(), Some(folder.path()));
    }
}

fn pairs() -> GenomePairs<InMemoryGenome> {
    let bases: Vec<u8> = (0..400usize).map(|base| b"ACGT"[(base * base / 7 + base / 3) % 4]).collect();
    let genome =
        InMemoryGenome::new([("chr1", bases), ("chr2", [&b"X"[..], &b"A".repeat(99)].concat())]).unwrap();
    let at = |start| Interval::new("chr1", start, start + 10).unwrap();
    let pairs = (0..40).map(|pair| Pair::new(at(20 + pair / 2 * 10), at(300))).collect();
    GenomePairs::new(genome, pairs, WindowRule::new(20), WindowRule::new(11)).unwrap()
}

#[test]
fn pairs_have_the_embeddings_of_their_windows_wherever_they_are_moved() {
    let folder = tempfile::tempdir().unwrap();
    let (cache, embedder) = open(folder.path());
    let source = EmbeddedPairs::new(pairs(), Arc::new(cache));
    let mut told = Vec::new();
    // Two pairs share each enhancer, and all the promoter.
    assert_eq!(source.fill(&mut |done, all| told.push((done, all))).unwrap(), 21);
    assert_eq!(told, [(40, 40)]);
    assert_eq!(source.fill(&mut |_, _| ()).unwrap(), 0);
    assert_eq!(source.embedding().unwrap().bins(source.window_len(Side::Promoter)), 3);

    let distances = Covariates::distance(source.pairs()).unwrap();
    let wrapped: &dyn PairSource = &WithCovariates::new(&source, distances);
    assert_eq!(wrapped.embedding(), source.embedding());
    let (mut windows, mut values) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for jitter in [Jitter::CENTRED, Jitter { enhancer: 3, promoter: -2 }] {
        for pair in 0..40 {
            let ([enhancer, promoter], [e, p]) = (&mut windows, &mut values);
            wrapped.fetch(pair, jitter, enhancer, promoter).unwrap();
            wrapped.fetch_embeddings(pair, jitter, e, p).unwrap();
            let expected = embed_windows(&Counting::default(), &[&windows[0], &windows[1]], 5).unwrap();
            assert_eq!(values[..], expected);
            assert_eq!([values[0].len(), values[1].len()], [2 * 4, 2 * 3]);
        }
    }
    assert_eq!(embedder.0.load(Ordering::Relaxed), 2 * 21);
}

#[test]
fn a_window_that_cannot_be_embedded_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let genome = pairs().genome().clone();
    let at = |contig, start| Interval::new(contig, start, start + 4).unwrap();
    let pairs = vec![Pair::new(at("chr1", 50), at("chr2", 0))];
    let rule = WindowRule::new(100);
    let source = GenomePairs::new(genome, pairs, WindowRule::new(4), rule).unwrap();
    let source = EmbeddedPairs::new(source, Arc::new(open(folder.path()).0));
    let error = source.fetch_embeddings(0, Jitter::CENTRED, &mut Vec::new(), &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "cannot embed the promoter window of pair 0 (chr1:50-54~chr2:0-4)");
    let DatasetError::Embed { source, .. } = error else { panic!("{error}") };
    assert_eq!(source.to_string(), "item 0: a letter X");
}
