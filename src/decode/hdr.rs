//! Curves for high dynamic range, brought down to what sRGB can show.

/// Linear light, 0 to 65535 for black to sRGB's white, at evenly spaced signal values; for PQ (16) and HLG (18) of
/// ITU-T H.273, else `None`.
///
/// Diffuse white (203 cd/m², ITU-R BT.2408) and below stay nearly as they are; highlights roll off.
pub(super) fn curve(transfer: u8) -> Option<Vec<u16>> {
    let light: fn(f64) -> f64 = match transfer {
        16 => |signal| pq(signal) / DIFFUSE_WHITE,
        // The signal 0.75 is diffuse white. [BT.2408 table 1]
        18 => |signal| hlg(signal) / hlg(0.75),
        _ => return None,
    };
    let step = |index: u16| {
        let shown = roll_off(light(f64::from(index) / f64::from(ENTRIES - 1)));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of the type")]
        let value = libm::round(shown * 65_535.0).clamp(0.0, 65_535.0) as u16;
        value
    };
    Some((0..ENTRIES).map(step).collect())
}

/// cd/m² of a PQ signal. [SMPTE ST 2084; BT.2100 table 4]
fn pq(signal: f64) -> f64 {
    let power = libm::pow(signal, 1.0 / (2523.0 / 4096.0 * 128.0));
    let (c1, c2, c3) = (3424.0 / 4096.0, 2413.0 / 4096.0 * 32.0, 2392.0 / 4096.0 * 32.0);
    10_000.0 * libm::pow((power - c1).max(0.0) / (c2 - c3 * power), 16_384.0 / 2610.0)
}

/// Relative scene light of an HLG signal. [BT.2100 table 5]
fn hlg(signal: f64) -> f64 {
    let (a, b, c) = (0.178_832_77, 0.284_668_92, 0.559_910_73);
    if signal <= 0.5 { signal * signal / 3.0 } else { (libm::exp((signal - c) / a) + b) / 12.0 }
}

/// Linear up to a knee, then bent so that `BRIGHTEST` becomes 1.
fn roll_off(light: f64) -> f64 {
    if light <= KNEE {
        return light;
    }
    let (room, excess) = (1.0 - KNEE, (light - KNEE).min(BRIGHTEST - KNEE));
    // x / (1 + x), the bend of a Reinhard curve, stretched to end at 1 and to leave the knee with slope near 1.
    let bend = |x: f64| x / (room + x);
    KNEE + room * bend(excess) / bend(BRIGHTEST - KNEE)
}

/// cd/m² of a white sheet of paper in the scene. [BT.2408 §2.1]
const DIFFUSE_WHITE: f64 = 203.0;
/// Where highlights begin to bend, in units of diffuse white.
const KNEE: f64 = 0.7;
/// What becomes sRGB's white: 1,000 cd/m², to which most HDR pictures are graded.
const BRIGHTEST: f64 = 1000.0 / DIFFUSE_WHITE;
const ENTRIES: u16 = 4096;
