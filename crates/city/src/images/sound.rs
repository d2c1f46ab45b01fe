//! Ultrasound: a fan of echoes from one point at the skin.

use super::canvas::{Canvas, oval};

const APEX: (f32, f32) = (0.0, -1.12);
/// Nearest and farthest echo, and half of the angle of the fan in degrees.
const NEAR: f32 = 0.2;
const FAR: f32 = 2.0;

pub fn us_abdomen(at: &mut Canvas) {
    // Layers of the skin.
    at.each(|x, y, was| {
        let depth = (x.powi(2) + (y - APEX.1).powi(2)).sqrt();
        if depth < 0.36 { 0.4 + 0.16 * (depth * 70.0).sin() } else { was }
    });
    // Liver with vessels, gall bladder with the enhancement behind it.
    at.shade(oval(-0.1, -0.2, 0.9, 0.7, 0.0), 0.1);
    for (x, y, rx, ry, turn) in [(-0.36, -0.22, 0.12, 0.04, 30.0), (-0.05, -0.42, 0.09, 0.03, -20.0)] {
        at.fill(oval(x, y, rx, ry, turn), 0.06);
        at.shade(oval(x, y + ry, rx, ry * 0.8, turn), 0.2);
    }
    at.fill(oval(0.24, -0.24, 0.13, 0.25, 24.0), 0.6);
    at.fill(oval(0.24, -0.24, 0.11, 0.23, 24.0), 0.02);
    at.shade(oval(0.19, 0.16, 0.18, 0.26, 12.0), 0.34);
    // Kidney: darker cortex around bright fat.
    at.fill(oval(-0.12, 0.28, 0.37, 0.19, -12.0), 0.56);
    at.fill(oval(-0.12, 0.28, 0.35, 0.17, -12.0), 0.19);
    at.shade(oval(-0.12, 0.28, 0.27, 0.1, -12.0), 0.62);
    // Diaphragm.
    let arc: Vec<(f32, f32)> = (0..9).map(|nth| (nth as f32 - 4.0) * 0.17).map(|x| (x, 0.72 - 0.3 * x * x)).collect();
    at.stroke(&arc, 0.028, 0.95);
    finish(at, 38.0);
}

pub fn us_heart(at: &mut Canvas) {
    at.shade(oval(0.0, 0.0, 0.8, 0.95, 0.0), 0.22);
    // Muscle of the left and the right chamber, then the four cavities.
    at.fill(oval(0.14, -0.16, 0.35, 0.55, 8.0), 0.58);
    at.fill(oval(-0.24, -0.05, 0.25, 0.44, -8.0), 0.5);
    at.fill(oval(0.0, 0.5, 0.5, 0.3, 0.0), 0.5);
    at.fill(oval(0.16, -0.14, 0.19, 0.43, 8.0), 0.03);
    at.fill(oval(-0.27, -0.02, 0.13, 0.33, -10.0), 0.03);
    at.fill(oval(0.22, 0.52, 0.2, 0.22, 0.0), 0.03);
    at.fill(oval(-0.24, 0.5, 0.18, 0.2, 0.0), 0.03);
    // Septum and the leaflets of the two valves, half open.
    at.stroke(&[(-0.03, -0.55), (-0.05, 0.05), (-0.02, 0.72)], 0.045, 0.66);
    for (left, right) in [(-0.02, 0.38), (-0.4, -0.05)] {
        let middle = (left + right) / 2.0;
        at.stroke(&[(left, 0.28), (middle - 0.05, 0.17)], 0.017, 0.95);
        at.stroke(&[(right, 0.28), (middle + 0.05, 0.17)], 0.017, 0.95);
        for end in [left, right] {
            at.fill(oval(end, 0.28, 0.035, 0.035, 0.0), 0.9);
        }
    }
    at.stroke(&[(-0.46, 0.62), (-0.2, 0.76), (0.22, 0.79), (0.46, 0.66)], 0.03, 0.85);
    finish(at, 36.0);
}

/// Speckle, fading with depth, and black outside the fan.
fn finish(at: &mut Canvas, half_angle: f32) {
    at.soften(2);
    at.speckle(APEX);
    at.soften(1);
    let widest = half_angle.to_radians();
    at.each(|x, y, was| {
        let (dx, dy) = (x - APEX.0, y - APEX.1);
        let depth = (dx * dx + dy * dy).sqrt();
        let inside = (NEAR..FAR).contains(&depth) && dx.atan2(dy).abs() < widest;
        if inside { was * (1.08 - 0.2 * depth) + 0.02 } else { 0.0 }
    });
}
