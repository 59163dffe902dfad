//! Bounds what is in memory when photos are scrubbed side by side: by the pixels that are decoded at a time.

use std::sync::{Condvar, Mutex, PoisonError};

/// Room for pixels, which photos enter before they are decoded.
pub(crate) struct Room {
    size: u64,
    taken: Mutex<u64>,
    left: Condvar,
}

/// A photo's place in the room, until it is dropped.
pub(crate) struct Place<'a> {
    room: &'a Room,
    pixels: u64,
}

impl Room {
    /// Room for `jobs` photos of a usual size.
    pub(crate) fn new(jobs: usize) -> Self {
        let jobs = u64::try_from(jobs).unwrap_or(u64::MAX);
        Self { size: jobs.saturating_mul(PIXELS_A_JOB), taken: Mutex::new(0), left: Condvar::new() }
    }

    /// Waits until there is room for a photo. One that is larger than the room has it alone.
    pub(crate) fn enter(&self, pixels: u64) -> Place<'_> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = self.left.wait_while(taken, |taken| !self.has_room(*taken, pixels)).unwrap_or_else(PoisonError::into_inner);
        *taken = taken.saturating_add(pixels);
        Place { room: self, pixels }
    }

    fn has_room(&self, taken: u64, pixels: u64) -> bool {
        pixels == 0 || taken == 0 || taken.saturating_add(pixels) <= self.size
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut taken = self.room.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = taken.saturating_sub(self.pixels);
        self.room.left.notify_all();
    }
}

/// Pixels that a job may count on: those of most phones' and cameras' photos. A pixel takes some 10 to 20 bytes.
const PIXELS_A_JOB: u64 = 25_000_000;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::{PIXELS_A_JOB, Room};

    /// The most pixels that were in a room of `jobs` at a time, when photos of `sizes` come all at once.
    fn most(jobs: usize, sizes: &[u64]) -> u64 {
        let (room, now, most) = (Room::new(jobs), AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for &size in sizes {
                let (room, now, most) = (&room, &now, &most);
                scope.spawn(move || {
                    let _place = room.enter(size);
                    most.fetch_max(now.fetch_add(size, Ordering::SeqCst) + size, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(20));
                    now.fetch_sub(size, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(room.taken.into_inner().ok(), Some(0), "a place was not given back");
        most.into_inner()
    }

    #[test]
    fn photos_of_a_usual_size_do_not_wait_for_one_another() {
        assert!(Room::new(4).has_room(3 * PIXELS_A_JOB, PIXELS_A_JOB));
        assert!(!Room::new(4).has_room(3 * PIXELS_A_JOB, PIXELS_A_JOB + 1));
        assert!(Room::new(1).has_room(100_000_000, 0), "what decodes nothing waits for nobody");
    }

    #[test]
    fn no_more_pixels_are_decoded_at_a_time_than_there_is_room_for() {
        let large = 2 * PIXELS_A_JOB;
        assert!(most(4, &[large; 6]) <= 4 * PIXELS_A_JOB);
        assert!(most(2, &[PIXELS_A_JOB, large, 1, 3, PIXELS_A_JOB, large]) <= 2 * PIXELS_A_JOB);
    }

    #[test]
    fn a_photo_larger_than_the_room_has_it_alone() {
        assert_eq!(most(1, &[100_000_000, 1, 100_000_000]), 100_000_000);
    }
}
