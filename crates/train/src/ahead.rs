//! Batches prepared ahead of the network by a few threads.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use ciskit_dataset::{Example, PairSource};

use crate::TrainError;
use crate::batches::Codes;

/// The most threads that prepare batches. Two keep up with a GPU on an indexed genome, more with a compressed one.
const MOST_WORKERS: usize = 4;

/// Batches that wait to be taken from one worker, besides the one that it works on.
const WAITING: usize = 1;

/// Calls `take` with the codes of every chunk, in order and on this thread, while the next chunks' windows are fetched
/// and encoded on other threads. The first error of either ends it.
///
/// Worker `w` of `n` prepares the chunks w, w + n, w + 2 n, … and hands each over in a bounded channel of its own, so
/// the order is that of the chunks whichever worker is faster. At most `n` × ([`WAITING`] + 1) batches exist besides
/// the one that was taken. The threads are not rayon's: one of rayon's that waited here for others of the same pool
/// could wait for ever.
///
/// # Panics
///
/// If the source panics, with its message.
pub(crate) fn for_each_prepared<'a>(
    source: &dyn PairSource,
    chunks: &[&'a [Example]],
    mut take: impl FnMut(&'a [Example], Codes) -> Result<(), TrainError>,
) -> Result<(), TrainError> {
    let count = rayon::current_num_threads().min(MOST_WORKERS).min(chunks.len());
    thread::scope(|scope| {
        // The receivers are dropped when this closure is left, by an error or a panic of `take` too. That ends the
        // workers, which the scope then waits for.
        let mut workers: Vec<_> = (0..count)
            .map(|first| {
                let (sender, receiver) = sync_channel(WAITING);
                let of_worker = chunks.iter().skip(first).step_by(count);
                let thread = scope.spawn(move || prepare(source, of_worker.copied(), &sender));
                (receiver, Some(thread))
            })
            .collect();
        for (index, chunk) in chunks.iter().enumerate() {
            let (receiver, thread) = &mut workers[index % count];
            match next(receiver) {
                Some(codes) => take(chunk, codes?)?,
                // A worker leaves before its last chunk only by a panic: this thread goes on with it.
                None => match thread.take().map(thread::ScopedJoinHandle::join) {
                    Some(Err(panic)) => resume_unwind(panic),
                    _ => unreachable!("a worker hands over all of its chunks"),
                },
            }
        }
        Ok(())
    })
}

type Prepared = Result<Codes, TrainError>;

fn next(receiver: &Receiver<Prepared>) -> Option<Prepared> {
    receiver.recv().ok()
}

/// Prepares chunks until there are no more, one fails, or nobody takes them.
fn prepare<'a>(
    source: &dyn PairSource,
    chunks: impl Iterator<Item = &'a [Example]>,
    sender: &SyncSender<Prepared>,
) {
    for chunk in chunks {
        let codes = Codes::of(source, chunk);
        let failed = codes.is_err();
        if sender.send(codes).is_err() || failed {
            return;
        }
    }
}
