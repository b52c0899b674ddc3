//! Windows are prepared ahead: a few batches of them, in order, with errors where they belong and no thread left behind.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use ciskit_core::{Pair, Side};
use ciskit_dataset::{Augmentation, DatasetError, Example, Fold, Jitter, PairSource, Purpose, Seeds};
use ciskit_models::Model;
use ciskit_nn::{DType, Device, PairModel, Parameters};
use ciskit_train::{Event, FoldData, TrainConfig, TrainError, Trial, logits, train_run};
use common::*;

const BATCH: usize = 4;

/// What happens when a pair is fetched.
#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    None,
    Error(usize),
    Panic(usize),
}

/// A source that counts how far reading is ahead of training, and how many threads read at the moment.
struct Counting<S> {
    source: S,
    trouble: Trouble,
    fetched: AtomicUsize,
    trained: AtomicUsize,
    most_ahead: AtomicUsize,
}

impl<S: PairSource> Counting<S> {
    fn new(source: S, trouble: Trouble) -> Self {
        let zero = || AtomicUsize::new(0);
        Self { source, trouble, fetched: zero(), trained: zero(), most_ahead: zero() }
    }
}

impl<S: PairSource> PairSource for Counting<S> {
    fn pairs(&self) -> &[Pair] {
        self.source.pairs()
    }

    fn window_len(&self, side: Side) -> usize {
        self.source.window_len(side)
    }

    fn fetch(
        &self,
        pair: usize,
        jitter: Jitter,
        enhancer: &mut Vec<u8>,
        promoter: &mut Vec<u8>,
    ) -> Result<(), DatasetError> {
        assert!(self.trouble != Trouble::Panic(pair), "the source is broken");
        if self.trouble == Trouble::Error(pair) {
            let (name, source) = ("the bad one".to_owned(), Box::new(DatasetError::NoCopies));
            return Err(DatasetError::Window { pair, name, side: Side::Promoter, source });
        }
        let fetched = self.fetched.fetch_add(1, Ordering::SeqCst) + 1;
        let ahead = fetched.saturating_sub(self.trained.load(Ordering::SeqCst));
        self.most_ahead.fetch_max(ahead, Ordering::SeqCst);
        self.source.fetch(pair, jitter, enhancer, promoter)
    }
}

fn config() -> TrainConfig {
    let augmentation = Augmentation::Both { copies: 10, jitter: 5 };
    TrainConfig { epochs: 1, batch: BATCH, augmentation, ..quick_config() }
}

/// The first fold without a validation part, so that only training reads.
fn fold(source: &dyn PairSource) -> Fold {
    Fold { validation: Vec::new(), ..split(source).folds[0].clone() }
}

/// Trains an epoch of the small model; the steps that were made, and how it ended.
fn epoch<S: PairSource>(source: &Counting<S>) -> (usize, Result<(), TrainError>) {
    let network = small_model();
    let load = |vb| Model::load(vb, &network);
    let (parameters, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, load).unwrap();
    let fold = fold(source);
    let data = FoldData { source, number: 0, fold: &fold };
    let mut steps = 0;
    let mut observer = |event| {
        if matches!(event, Event::Step { .. }) {
            steps += 1;
            source.trained.fetch_add(BATCH, Ordering::SeqCst);
        }
    };
    let outcome = train_run(&model, &parameters, data, &Trial::of_alpha(0.6), &config(), None, &mut observer);
    (steps, outcome.map(drop))
}

/// The examples of the epoch in the order of training.
fn examples(source: &dyn PairSource) -> Vec<Example> {
    let (seeds, config) = (Seeds::of_fold(config().seed, 0), config());
    let mut examples = config.augmentation.examples(source.pairs(), &fold(source), seeds, 1).unwrap();
    seeds.stream(Purpose::Shuffle).number(1).draws().shuffle(&mut examples);
    examples
}

#[test]
fn an_epoch_holds_a_few_batches_of_sequence() {
    let source = Counting::new(learnable(40), Trouble::None);
    let (steps, outcome) = epoch(&source);
    outcome.unwrap();
    assert_eq!(steps, 800 / BATCH);
    let most = source.most_ahead.load(Ordering::SeqCst);
    // At most four threads, each with one batch in hand and one waiting, and the batch that trains.
    assert!(most <= 9 * BATCH, "{most} examples were read ahead");
    assert!(most > BATCH, "the next batch is read while one trains");
}

#[test]
fn an_error_comes_at_the_step_that_needs_the_window() {
    let source = learnable(40);
    let examples = examples(&source);
    // A pair that is first needed late in the epoch: the batches before it are trained on.
    let first = |pair| examples.iter().position(|example| example.pair == pair).unwrap() / BATCH;
    let bad = *fold(&source).train.iter().max_by_key(|pair| first(**pair)).unwrap();
    assert!(first(bad) > 9);
    let (steps, outcome) = epoch(&Counting::new(&source, Trouble::Error(bad)));
    assert_eq!(steps, first(bad));
    let message = outcome.unwrap_err().to_string();
    assert_eq!(message, format!("cannot cut the promoter window of pair {bad} (the bad one)"));

    let network = small_model();
    let load = |vb| Model::load(vb, &network);
    let (_, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, load).unwrap();
    let source = Counting::new(&source, Trouble::Error(bad));
    let rows: Vec<usize> = (0..source.len()).collect();
    let error = logits(&model, &source, &rows, BATCH, &Device::Cpu).unwrap_err();
    assert!(matches!(error, TrainError::Dataset(DatasetError::Window { pair, .. }) if pair == bad));
}

#[test]
fn a_panic_of_the_source_is_the_callers() {
    let source = learnable(40);
    let broken = Counting::new(&source, Trouble::Panic(examples(&source)[50].pair));
    let panic = catch_unwind(AssertUnwindSafe(|| epoch(&broken).0)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the source is broken"));
}

#[test]
fn training_on_the_only_thread_of_a_pool_does_not_wait_for_itself() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let source = Counting::new(learnable(40), Trouble::None);
    pool.install(|| epoch(&source)).1.unwrap();
    assert!(source.most_ahead.load(Ordering::SeqCst) <= 3 * BATCH, "one thread prepares");
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_left_leaves_no_thread() {
    // Threads of this process that prepare batches, by the name that is the same for all of them.
    let preparing = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm"));
        tasks.filter_map(|task| name(task.unwrap()).ok()).filter(|name| name.trim() == OF_THIS_TEST).count()
    };
    // Threads get the name of the thread that starts them, which is cut to 15 letters.
    const OF_THIS_TEST: &str = "left-behind";
    // Rayon's threads, which stay, must not be started by this one and get its name.
    assert!(rayon::current_num_threads() > 0);
    let source = learnable(40);
    let run = move || {
        let source = Counting::new(&source, Trouble::None);
        let network = small_model();
        let load = |vb| Model::load(vb, &network);
        let (parameters, model) = Parameters::initialise(1, DType::F32, &Device::Cpu, load).unwrap();
        let fold = fold(&source);
        let data = FoldData { source: &source, number: 0, fold: &fold };
        let mut most = 0;
        let mut steps = 0;
        let mut observer = |event| {
            if matches!(event, Event::Step { .. }) {
                most = most.max(preparing());
                steps += 1;
                assert!(steps < 5, "killed");
            }
        };
        let run =
            || train_run(&model, &parameters, data, &Trial::of_alpha(0.6), &config(), None, &mut observer);
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
        // A thread that is done takes a moment to go.
        for _ in 0..1000 {
            if preparing() == 1 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        (most, preparing())
    };
    let thread = std::thread::Builder::new().name(OF_THIS_TEST.to_owned()).spawn(run).unwrap();
    let (most, after) = thread.join().unwrap();
    assert!(most > 1, "the threads can be seen");
    assert_eq!(after, 1, "only the test's own is left");
}
