//! What happens when the program is told to stop: what is being written is finished, nothing else is begun, nothing is left behind.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// Held while a file is written beside another: the program is not stopped in between.
pub(crate) type Writing = RwLockReadGuard<'static, ()>;

/// Waits for ever once the program has been told to stop.
pub(crate) fn writing() -> Writing {
    WRITING.read().unwrap_or_else(PoisonError::into_inner)
}

/// Heeds Ctrl-C and its kin from now on. The first ends the program as soon as no file is being written, the second at once.
#[cfg(unix)]
pub(crate) fn heed(before_the_end: impl Fn() + Send + Sync + 'static) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};

    // A file that may not grow further is an error of that file.
    signal_hook::flag::register(SIGXFSZ, std::sync::Arc::default())?;
    let ignored = ignored();
    // Who started us with a signal ignored (as nohup does) wants it ignored.
    let heeded = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
    let mut signals = signal_hook::iterator::Signals::new(heeded)?;
    let end = |signal: i32| signal_hook::low_level::exit(128 + signal);
    let listen = move || {
        let mut told = signals.forever();
        let Some(signal) = told.next() else { return };
        let stop = move || {
            let _nothing_is_written = WRITING.write();
            before_the_end();
            end(signal)
        };
        match std::thread::Builder::new().spawn(stop) {
            Ok(_) => told.next().map_or((), end),
            Err(_) => end(signal),
        }
    };
    std::thread::Builder::new().spawn(listen).map(drop)
}

/// Elsewhere the system ends the program, as it does by default.
#[cfg(not(unix))]
pub(crate) fn heed(_before_the_end: impl Fn() + Send + Sync + 'static) -> std::io::Result<()> {
    Ok(())
}

/// The signals that are ignored, a bit each from the lowest, from what the system says; none where it says nothing.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

static WRITING: RwLock<()> = RwLock::new(());
