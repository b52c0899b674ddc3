//! `ciskit train --resume`: whatever the moment at which a run is killed, it ends with the bytes of an unbroken one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A network so small that writing its checkpoints takes a large share of the time.
const NETWORK: &str = r#"model = "epipam"
enhancer_len = 200
promoter_len = 200
channels = 4
hidden = 8
kernels = [9, 5]
pools = [8, 4]
ratios = [0.1, 1.0]
block_dropout = 0.1
head_dropout = 0.1
"#;

/// Where the checkpoint of the only run of fold 0 is written.
const CHECKPOINT: &str = "run/fold-0-alpha-0.6.checkpoint";

/// The unfinished files of a folder.
fn partial(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder.join("run")) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.to_string_lossy().ends_with(".part")).collect()
}

/// A folder with a small simulation in `sim` and the network in `network.toml`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("network.toml"), NETWORK).expect("a file");
    let simulate = ["simulate", "--out", "sim", "--seed", "5", "--pairs", "160"];
    let simulated = command(folder.path(), &simulate).output().expect("the program starts");
    assert!(simulated.status.success());
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ciskit"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// The command of a training into `run`, with a checkpoint after every step.
fn training(folder: &Path, further: &[&str]) -> Command {
    let mut arguments = vec!["train", "--model-config", "network.toml", "--out", "run"];
    arguments.extend(["--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "--seed", "3"]);
    arguments.extend(["--batch", "10", "--checkpoint-every", "1"]);
    arguments.extend(further);
    command(folder, &arguments)
}

/// Three epochs of fold 0.
const SHORT: [&str; 6] = ["--folds", "0", "--copies", "2", "--epochs", "3"];
/// One epoch of many steps, so that a kill within it is certain.
const ONE_LONG: [&str; 6] = ["--folds", "0", "--copies", "30", "--epochs", "1"];

fn train(folder: &Path, further: &[&[&str]]) -> Output {
    training(folder, &further.concat()).output().expect("the program starts")
}

/// What a training that succeeds says.
fn succeed(folder: &Path, further: &[&[&str]]) -> String {
    let output = train(folder, further);
    let said = String::from_utf8(output.stderr).expect("messages are text");
    assert!(output.status.success(), "{further:?} failed: {said}");
    said
}

/// Why a training fails, with exit code 1.
fn refusal(folder: &Path, further: &[&[&str]]) -> String {
    let output = train(folder, further);
    assert_eq!(output.status.code(), Some(1), "{further:?}");
    let said = String::from_utf8(output.stderr).expect("messages are text");
    said.lines().last().expect("a failure says why").to_owned()
}

fn start(folder: &Path, further: &[&[&str]]) -> Child {
    let mut command = training(folder, &further.concat());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}

/// Kills (SIGKILL) a child, and waits for it.
fn kill(child: &mut Child) {
    child.kill().expect("a child");
    child.wait().expect("a child");
}

fn is_running(child: &mut Child) -> bool {
    child.try_wait().expect("a child").is_none()
}

/// All files under a folder by their names.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").into();
        if path.is_dir() {
            let inner = files(&path);
            found.extend(inner.into_iter().map(|(inner, bytes)| (Path::new(&name).join(inner), bytes)));
        } else {
            found.insert(name, std::fs::read(&path).expect("a file"));
        }
    }
    found
}

/// Checks that two folders hold the same run: the same files with the same bytes, and nothing else.
fn same_run(one: &Path, two: &Path) {
    let (one, two) = (files(&one.join("run")), files(&two.join("run")));
    let names = |of: &BTreeMap<PathBuf, Vec<u8>>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&two));
    for (name, bytes) in &one {
        assert!(two[name] == *bytes, "{} differs", name.display());
    }
}

#[test]
fn a_run_killed_at_many_moments_ends_with_the_bytes_of_an_unbroken_one() {
    let (whole, killed) = (folder(), folder());
    let started = Instant::now();
    let said = succeed(whole.path(), &[&SHORT]);
    let takes = started.elapsed();
    assert!(!said.contains("goes on"));
    // Moments from right after the start to half of the time of a whole run, spread by the golden section. A run that
    // gets through is compared, and the next begins anew.
    let (mut kills, mut moment) = (0, 0.5);
    for _ in 0..100 {
        moment = (moment + 0.618_033_988_749_894_9_f64).fract();
        let mut child = start(killed.path(), &[&SHORT, &["--resume"]]);
        std::thread::sleep(takes.mul_f64(0.5 * moment * moment));
        if is_running(&mut child) {
            kills += 1;
            kill(&mut child);
        } else {
            succeed(killed.path(), &[&SHORT, &["--resume"]]);
            same_run(whole.path(), killed.path());
            std::fs::remove_dir_all(killed.path().join("run")).expect("a folder");
        }
        if kills == 20 {
            break;
        }
    }
    assert_eq!(kills, 20);
    succeed(killed.path(), &[&SHORT, &["--resume"]]);
    same_run(whole.path(), killed.path());
}

#[test]
fn a_run_killed_while_a_checkpoint_is_written_goes_on_from_the_former() {
    let (whole, killed) = (folder(), folder());
    succeed(whole.path(), &[&SHORT]);
    let mut torn = 0;
    for _ in 0..60 {
        // What the last kill left.
        partial(killed.path()).iter().for_each(|path| std::fs::remove_file(path).expect("a file"));
        let mut child = start(killed.path(), &[&SHORT, &["--resume"]]);
        // Not the first, which only tries whether one can be written.
        let checkpoint = killed.path().join(CHECKPOINT);
        while is_running(&mut child) && (!checkpoint.exists() || partial(killed.path()).is_empty()) {
            std::hint::spin_loop();
        }
        kill(&mut child);
        torn += usize::from(!partial(killed.path()).is_empty());
        if torn == 3 {
            break;
        }
    }
    assert_eq!(torn, 3, "kills in the middle of a write");
    // And a write that was cut in half, whatever the kills met.
    let bytes = std::fs::read(killed.path().join(CHECKPOINT)).expect("a checkpoint");
    let partial = killed.path().join("run/.ciskit-fold-0-alpha-0.6.checkpoint-a1B2c3.part");
    std::fs::write(&partial, &bytes[..bytes.len() / 2]).expect("a file");
    let said = succeed(killed.path(), &[&SHORT, &["--resume"]]);
    assert!(said.contains("fold 0 of 8, α 0.6: goes on after "), "{said}");
    assert!(!partial.exists());
    same_run(whole.path(), killed.path());
}

#[test]
fn a_run_killed_within_an_epoch_goes_on_at_the_step() {
    let (whole, killed) = (folder(), folder());
    succeed(whole.path(), &[&ONE_LONG]);
    // What is left of files that a killed run was about to write, the first of them included.
    std::fs::create_dir(killed.path().join("run")).expect("a folder");
    for name in ["config.toml", "history.tsv", "scores.tsv", "metrics.json", "report.html"] {
        let leftover = killed.path().join(format!("run/.ciskit-{name}-a1B2c3.part"));
        std::fs::write(leftover, "half of").expect("a file");
    }
    let mut child = start(killed.path(), &[&ONE_LONG, &["--resume"]]);
    while is_running(&mut child) && !killed.path().join(CHECKPOINT).exists() {
        std::hint::spin_loop();
    }
    assert!(is_running(&mut child));
    kill(&mut child);
    let said = succeed(killed.path(), &[&ONE_LONG, &["--resume"]]);
    assert!(said.contains("goes on after 0 epochs and "), "{said}");
    same_run(whole.path(), killed.path());
}

#[test]
fn folds_that_are_done_are_neither_trained_nor_scored_again() {
    let folds = ["--folds", "0,1,2", "--copies", "10", "--epochs", "1"];
    let (whole, killed) = (folder(), folder());
    succeed(whole.path(), &[&folds]);
    let mut child = start(killed.path(), &[&folds]);
    let second = killed.path().join("run/fold-1-alpha-0.6.checkpoint");
    let first_is_done = killed.path().join("run/fold-0.outcome");
    while is_running(&mut child) && !second.exists() {
        std::hint::spin_loop();
    }
    assert!(is_running(&mut child) && first_is_done.exists());
    kill(&mut child);
    let said = succeed(killed.path(), &[&folds, &["--resume"]]);
    assert!(
        said.contains("\nfold 0 of 8: done already\n  fold 0 test:") && !said.contains("fold 0 of 8, α"),
        "{said}"
    );
    assert!(said.contains("fold 2 of 8, α 0.6: up to 1 epochs"), "{said}");
    same_run(whole.path(), killed.path());
    assert!(killed.path().join("run/fold-2/model.safetensors").exists());
}

#[test]
fn a_finished_run_is_left_as_it_is() {
    let folder = folder();
    succeed(folder.path(), &[&SHORT]);
    let times = || {
        let entries = std::fs::read_dir(folder.path().join("run")).expect("a folder").map(|entry| {
            let entry = entry.expect("an entry");
            (entry.file_name(), entry.metadata().and_then(|file| file.modified()).expect("a time"))
        });
        entries.collect::<BTreeMap<_, _>>()
    };
    let (before, written) = (files(&folder.path().join("run")), times());
    let said = succeed(folder.path(), &[&SHORT, &["--resume"]]);
    assert_eq!(said, "this run is finished, nothing is left to do: run/report.html\n");
    let message = refusal(folder.path(), &[&SHORT]);
    assert_eq!(
        message,
        "ciskit: run holds a training already (config.toml): --resume goes on with it, another --out leaves it alone"
    );
    assert_eq!(times(), written);
    assert!(files(&folder.path().join("run")) == before);

    // A run whose report is lost is written again, the same.
    std::fs::remove_file(folder.path().join("run/report.html")).expect("a report");
    succeed(folder.path(), &[&SHORT, &["--resume"]]);
    assert!(files(&folder.path().join("run")) == before);
}

#[test]
fn other_settings_and_data_are_refused_by_name() {
    let folder = folder();
    succeed(folder.path(), &[&SHORT]);
    let before = files(&folder.path().join("run"));
    let refused = |further: &[&str]| refusal(folder.path(), &[&SHORT, &["--resume"], further]);
    let other = "ciskit: run holds another training: ";
    assert_eq!(
        refused(&["--patience", "2"]),
        format!("{other}training.patience is not set there and 2 here")
    );
    assert_eq!(
        refused(&["--learning-rate", "0.01", "--jitter", "7"]),
        format!(
            "{other}training.augmentation.jitter is 100 there and 7 here; \
             training.optimiser.learning_rate is 0.001 there and 0.01 here"
        )
    );
    assert_eq!(
        refused(&["--schedule", "cosine"]),
        format!(r#"{other}training.schedule is "constant" there and "cosine" here"#)
    );
    let fewer = refusal(folder.path(), &[&["--folds", "0", "--copies", "2", "--epochs", "2", "--resume"]]);
    assert_eq!(fewer, format!("{other}training.epochs is 3 there and 2 here"));
    let folds = refusal(folder.path(), &[&["--folds", "1", "--copies", "2", "--epochs", "3", "--resume"]]);
    assert_eq!(folds, format!("{other}folds is [0] there and [1] here"));

    // Another base in every window of a copy of the genome; the same genome elsewhere is no difference.
    let genome = folder.path().join("sim/genome.fa");
    let text = std::fs::read_to_string(&genome).expect("a genome");
    let copy = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("a file");
    let bases = |line: &str| if line.starts_with('>') { line.to_owned() } else { line.replace('A', "C") };
    copy("other.fa", text.lines().map(|line| bases(line) + "\n").collect());
    copy("same.fa", text);
    let of_genome = |name| {
        let mut command =
            command(folder.path(), &["train", "--model-config", "network.toml", "--out", "run"]);
        command.args(["--pairs", "sim/pairs.bedpe", "--genome", name, "--seed", "3"]);
        let output = command.args(["--batch", "10", "--resume"]).args(SHORT).output();
        String::from_utf8(output.expect("the program starts").stderr).expect("messages are text")
    };
    let said = of_genome("other.fa");
    assert!(said.contains("another training: data.content is \"160 pairs with hash "), "{said}");
    assert!(of_genome("same.fa").starts_with("this run is finished"));
    assert!(files(&folder.path().join("run")) == before, "a refusal changes nothing");
}

#[test]
fn a_run_can_be_made_longer() {
    let (whole, longer) = (folder(), folder());
    succeed(whole.path(), &[&["--folds", "0", "--copies", "2", "--epochs", "4"]]);
    succeed(longer.path(), &[&SHORT]);
    let said = succeed(longer.path(), &[&["--folds", "0", "--copies", "2", "--epochs", "4", "--resume"]]);
    assert!(said.contains("goes on after 3 epochs and 0 steps"), "{said}");
    same_run(whole.path(), longer.path());

    // Not where the learning rate depends on the length.
    let cosine =
        ["--schedule", "cosine", "--folds", "0", "--out", "cosine", "--model-config", "network.toml"];
    let of_epochs = |epochs: &str, further: &[&str]| {
        let data = ["train", "--pairs", "sim/pairs.bedpe", "--genome", "sim/genome.fa", "--epochs", epochs];
        let output = command(whole.path(), &[&data, &cosine[..], further].concat()).output();
        String::from_utf8(output.expect("the program starts").stderr).expect("messages are text")
    };
    of_epochs("1", &[]);
    let said = of_epochs("2", &["--resume"]);
    assert_eq!(said, "ciskit: cosine holds another training: training.epochs is 1 there and 2 here\n");
}

#[test]
fn a_demo_of_another_seed_overwrites_nothing() {
    let folder = folder();
    succeed(folder.path(), &[&SHORT]);
    let before = files(&folder.path().join("run"));
    let demo = command(folder.path(), &["demo", "--out", "run", "--seed", "4"]).output();
    let demo = demo.expect("the program starts");
    assert_eq!(demo.status.code(), Some(1));
    let said = String::from_utf8(demo.stderr).expect("messages are text");
    assert_eq!(said, "ciskit: run holds a training of seed 3: choose another --out\n");
    assert!(files(&folder.path().join("run")) == before);
}

#[test]
fn two_trainings_do_not_share_a_folder() {
    let folder = folder();
    let mut child = start(folder.path(), &[&["--folds", "0", "--epochs", "1000"]]);
    while is_running(&mut child) && !folder.path().join(CHECKPOINT).exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let message = refusal(folder.path(), &[&["--folds", "0", "--epochs", "1000", "--resume"]]);
    kill(&mut child);
    assert_eq!(message, "ciskit: another ciskit is training in run");
}

#[test]
fn what_cannot_be_trained_leaves_the_folder_unused() {
    let folder = folder();
    let message = refusal(folder.path(), &[&["--epochs", "0"]]);
    assert!(message.ends_with("epochs must be at least 1, found 0"), "{message}");
    assert!(refusal(folder.path(), &[&["--folds", "9"]]).contains("there is no fold 9"));
    assert!(refusal(folder.path(), &[&["--folds", "0,0"]]).contains("fold 0 is asked for more than once"));
    let copies = refusal(folder.path(), &[&["--copies", "99999999999999999"]]);
    assert!(copies.contains("augmentation.copies must be at most 100000"), "{copies}");
    assert!(!folder.path().join("run").exists());
    // Where there is no run yet, --resume starts one.
    succeed(folder.path(), &[&["--folds", "0", "--epochs", "1", "--resume"]]);
}
