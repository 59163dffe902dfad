//! How long redactions take where this runs, so that each goes where it is done sooner.

use super::plan::{Job, Plan};

/// Milliseconds: for any plan at all, and for each step of its work.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    at_all: f64,
    per_step: f64,
}

impl Pace {
    /// Through what two plans took: each its work and its milliseconds, the smaller first. Neither part comes to less than nothing.
    pub(super) fn through(small: (f64, f64), large: (f64, f64)) -> Self {
        let per_step = ((large.1 - small.1) / (large.0 - small.0)).max(0.0);
        Self { at_all: (small.1 - per_step * small.0).max(0.0), per_step }
    }

    /// Milliseconds for so much work.
    pub(super) fn of(self, work: f64) -> f64 {
        self.at_all + self.per_step * work
    }
}

/// How much there is to compute, about: one step for each px that is read or drawn, and for each cell one for each of its neighbours in the
/// blur. What is filled is left out, because no GPU is asked for it.
pub(super) fn work(plan: &Plan) -> f64 {
    let steps = |job: &Job| {
        job.field.as_ref().map_or(0.0, |field| {
            let cells = f64::from(field.columns) * f64::from(field.rows);
            let drawn = job.paint.area() as f64 * STEPS_A_DRAWN_PX;
            field.crop.area() as f64 + drawn + cells * field.kernel.len() as f64
        })
    };
    plan.jobs.iter().map(steps).sum()
}

/// A px's noise takes more than its colour.
const STEPS_A_DRAWN_PX: f64 = 4.0;

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn a_pace_goes_through_what_was_measured() {
        let pace = Pace::through((100.0, 5.0), (300.0, 9.0));
        assert_eq!([0.0, 100.0, 300.0, 1000.0].map(|work| pace.of(work)), [3.0, 5.0, 9.0, 23.0]);
    }

    #[test]
    fn no_plan_takes_less_than_no_time() {
        // A hiccup in the smaller one, or a clock too coarse to see it.
        assert_eq!([0.0, 1000.0].map(|work| Pace::through((100.0, 9.0), (300.0, 5.0)).of(work)), [9.0, 9.0]);
        assert_eq!([0.0, 1000.0].map(|work| Pace::through((100.0, 0.0), (300.0, 8.0)).of(work)), [0.0, 40.0]);
    }
}
