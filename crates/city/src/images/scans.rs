//! Sections of head, chest and abdomen, seen from below as radiologists do: the body's right is on the left.

use super::canvas::{Canvas, oval};
use std::f32::consts::TAU;

pub fn ct_head(at: &mut Canvas) {
    at.fill(oval(0.0, 0.0, 0.72, 0.9, 0.0), 0.32);
    at.fill(oval(0.0, 0.0, 0.69, 0.87, 0.0), 0.97);
    at.fill(oval(0.0, 0.0, 0.62, 0.8, 0.0), 0.3);
    at.fill(oval(0.0, 0.0, 0.605, 0.785, 0.0), 0.47);
    for side in [-1.0, 1.0] {
        // White matter, basal ganglia, thalamus.
        at.shade(oval(side * 0.3, 0.0, 0.26, 0.62, side * 6.0), -0.09);
        at.fill(oval(side * 0.2, -0.1, 0.09, 0.17, side * -18.0), 0.5);
        at.fill(oval(side * 0.12, 0.09, 0.09, 0.13, side * 20.0), 0.5);
        // Horns of the lateral ventricles.
        at.fill(oval(side * 0.1, -0.27, 0.055, 0.16, side * -24.0), 0.16);
        at.fill(oval(side * 0.21, 0.3, 0.05, 0.15, side * -26.0), 0.16);
        at.fill(oval(side * 0.17, 0.28, 0.022, 0.035, 0.0), 0.72);
        // Sylvian fissure.
        at.stroke(&[(side * 0.6, -0.12), (side * 0.47, -0.07), (side * 0.38, -0.02)], 0.012, 0.24);
    }
    sulci(at, (0.6, 0.78), 0.27);
    at.fill(oval(0.0, 0.03, 0.018, 0.09, 0.0), 0.17);
    at.stroke(&[(0.0, -0.78), (0.0, -0.42)], 0.011, 0.62);
    at.stroke(&[(0.0, 0.42), (0.0, 0.78)], 0.011, 0.62);
    at.soften(1);
    at.grain(0.07, 0.05, 14);
}

/// Furrows at the rim of the brain.
fn sulci(at: &mut Canvas, rim: (f32, f32), grey: f32) {
    for nth in 0..26 {
        let wobble = (nth as f32 * 2.4).sin();
        let turn = TAU * (nth as f32 + 0.5 + 0.25 * wobble) / 26.0;
        let (sin, cos) = turn.sin_cos();
        let depth = 0.83 + 0.05 * wobble;
        let bent = turn + 0.06 * wobble;
        let inner = (rim.0 * depth * bent.sin(), rim.1 * depth * bent.cos());
        at.stroke(&[(rim.0 * sin, rim.1 * cos), inner], 0.011, grey);
    }
}

pub fn ct_chest(at: &mut Canvas) {
    at.stroke(&[(-0.8, 0.82), (-0.4, 0.92), (0.0, 0.95), (0.4, 0.92), (0.8, 0.82)], 0.014, 0.5);
    at.fill(oval(0.0, 0.04, 0.95, 0.7, 0.0), 0.3);
    at.fill(oval(0.0, 0.05, 0.88, 0.62, 0.0), 0.52);
    for side in [-1.0, 1.0] {
        at.fill(oval(side * 0.45, 0.03, 0.34, 0.49, side * 7.0), 0.07);
        // Ribs around the lungs.
        for nth in 0..6 {
            let turn = (38.0 + 24.0 * nth as f32).to_radians();
            let (sin, cos) = turn.sin_cos();
            let (x, y) = (side * (0.4 + 0.43 * sin), 0.04 - 0.54 * cos);
            at.fill(oval(x, y, 0.075, 0.026, side * (38.0 + 24.0 * nth as f32)), 0.92);
        }
        // Shoulder blade.
        at.stroke(&[(side * 0.48, 0.63), (side * 0.76, 0.45)], 0.018, 0.88);
        vessels(at, side);
    }
    at.fill(oval(-0.02, -0.02, 0.19, 0.36, 0.0), 0.5);
    at.fill(oval(0.14, -0.1, 0.3, 0.24, 28.0), 0.55);
    at.fill(oval(0.2, -0.12, 0.17, 0.13, 28.0), 0.6);
    at.fill(oval(-0.03, -0.22, 0.09, 0.085, 0.0), 0.63);
    at.fill(oval(0.13, 0.3, 0.085, 0.085, 0.0), 0.63);
    at.fill(oval(0.02, 0.25, 0.035, 0.03, 0.0), 0.42);
    for side in [-1.0, 1.0] {
        at.fill(oval(side * 0.09, 0.13, 0.035, 0.045, 0.0), 0.05);
    }
    vertebra(at, 0.46);
    at.fill(oval(0.0, -0.53, 0.12, 0.035, 0.0), 0.85);
    at.soften(1);
    at.grain(0.07, 0.04, 16);
}

/// Vessels of a lung, from its root outwards.
fn vessels(at: &mut Canvas, side: f32) {
    let root = (side * 0.24, 0.08);
    for nth in 0..9 {
        let turn = (12.0 + 20.0 * nth as f32).to_radians();
        let reach = 0.3 + 0.06 * (nth as f32 * 1.9).sin();
        let (dx, dy) = (side * turn.sin(), -turn.cos() * 1.25);
        let bend = (root.0 + dx * reach * 0.55, root.1 + dy * reach * 0.5);
        let end = (root.0 + dx * reach * 0.95, root.1 + dy * reach + 0.03);
        at.stroke(&[root, bend], 0.014, 0.42);
        at.stroke(&[bend, end], 0.007, 0.3);
        at.stroke(&[bend, (end.0, end.1 - 0.1)], 0.005, 0.24);
        at.fill(oval(end.0, end.1, 0.013, 0.013, 0.0), 0.36);
    }
}

/// A vertebra with its canal and processes, its body's middle at this height.
fn vertebra(at: &mut Canvas, y: f32) {
    at.stroke(&[(0.0, y + 0.17), (-0.15, y + 0.14)], 0.026, 0.82);
    at.stroke(&[(0.0, y + 0.17), (0.15, y + 0.14)], 0.026, 0.82);
    at.stroke(&[(0.0, y + 0.17), (0.0, y + 0.25)], 0.022, 0.85);
    at.fill(oval(0.0, y, 0.135, 0.1, 0.0), 0.95);
    at.fill(oval(0.0, y - 0.005, 0.115, 0.082, 0.0), 0.76);
    at.fill(oval(0.0, y + 0.125, 0.07, 0.055, 0.0), 0.9);
    at.fill(oval(0.0, y + 0.12, 0.052, 0.042, 0.0), 0.42);
}

pub fn ct_abdomen(at: &mut Canvas) {
    at.stroke(&[(-0.8, 0.8), (-0.4, 0.91), (0.0, 0.94), (0.4, 0.91), (0.8, 0.8)], 0.014, 0.5);
    at.fill(oval(0.0, 0.04, 0.92, 0.74, 0.0), 0.26);
    at.fill(oval(0.0, 0.04, 0.82, 0.63, 0.0), 0.5);
    at.fill(oval(0.0, 0.02, 0.77, 0.57, 0.0), 0.24);
    // Muscles of the back.
    for side in [-1.0, 1.0] {
        at.fill(oval(side * 0.25, 0.5, 0.19, 0.12, side * -8.0), 0.5);
        at.fill(oval(side * 0.18, 0.3, 0.07, 0.1, side * -20.0), 0.5);
    }
    // Liver with vessels and gall bladder, stomach with air, spleen.
    at.fill(oval(-0.42, -0.1, 0.33, 0.41, 14.0), 0.6);
    at.fill(oval(-0.12, -0.3, 0.27, 0.17, -14.0), 0.6);
    at.stroke(&[(-0.2, -0.08), (-0.36, -0.14), (-0.5, -0.27)], 0.022, 0.68);
    at.stroke(&[(-0.36, -0.14), (-0.55, -0.05)], 0.017, 0.68);
    at.stroke(&[(-0.4, 0.07), (-0.52, 0.16)], 0.014, 0.67);
    at.fill(oval(-0.19, -0.02, 0.07, 0.1, 30.0), 0.34);
    at.fill(oval(0.33, -0.27, 0.24, 0.2, 18.0), 0.5);
    at.fill(oval(0.33, -0.27, 0.2, 0.16, 18.0), 0.36);
    at.fill(oval(0.34, -0.35, 0.15, 0.07, 8.0), 0.03);
    at.fill(oval(0.6, 0.12, 0.12, 0.27, -14.0), 0.62);
    // Pancreas, bowel, kidneys, great vessels.
    at.stroke(&[(-0.1, 0.06), (0.06, 0.02), (0.22, 0.03), (0.38, 0.1)], 0.045, 0.52);
    for (x, y) in [(0.3, -0.02), (0.44, -0.04), (0.02, -0.13)] {
        at.fill(oval(x, y, 0.065, 0.055, 0.0), 0.5);
        at.fill(oval(x, y - 0.01, 0.032, 0.025, 0.0), 0.3);
    }
    for side in [-1.0, 1.0] {
        at.fill(oval(side * 0.37, 0.29, 0.12, 0.145, side * 22.0), 0.7);
        at.fill(oval(side * 0.33, 0.28, 0.055, 0.075, side * 22.0), 0.38);
    }
    at.fill(oval(0.06, 0.19, 0.068, 0.068, 0.0), 0.72);
    at.fill(oval(-0.1, 0.18, 0.075, 0.055, 0.0), 0.6);
    vertebra(at, 0.36);
    for nth in 0..4 {
        let turn = (62.0 + 22.0 * nth as f32).to_radians();
        for side in [-1.0, 1.0] {
            let (x, y) = (side * 0.795 * turn.sin(), 0.04 - 0.6 * turn.cos());
            at.fill(oval(x, y, 0.05, 0.022, side * (62.0 + 22.0 * nth as f32)), 0.92);
        }
    }
    at.soften(1);
    at.grain(0.07, 0.05, 18);
}

pub fn mr_head(at: &mut Canvas) {
    at.fill(oval(0.0, 0.0, 0.74, 0.92, 0.0), 0.72);
    at.fill(oval(0.0, 0.0, 0.7, 0.88, 0.0), 0.06);
    at.fill(oval(0.0, 0.0, 0.635, 0.815, 0.0), 0.86);
    at.fill(oval(0.0, 0.0, 0.61, 0.79, 0.0), 0.55);
    // White matter whose border follows the folds.
    at.each(|x, y, was| {
        let turn = x.atan2(y);
        let folds = 0.045 * (turn * 21.0).sin() + 0.025 * (turn * 34.0 + 1.3).sin();
        let rim = ((x / 0.61).powi(2) + (y / 0.79).powi(2)).sqrt();
        if rim < 0.83 + folds && x.abs() > 0.035 { 0.34 } else { was }
    });
    sulci(at, (0.62, 0.8), 0.84);
    for side in [-1.0, 1.0] {
        at.fill(oval(side * 0.22, -0.08, 0.085, 0.18, side * -20.0), 0.5);
        at.fill(oval(side * 0.12, 0.1, 0.09, 0.13, side * 20.0), 0.48);
        at.fill(oval(side * 0.09, -0.27, 0.055, 0.16, side * -24.0), 0.95);
        at.fill(oval(side * 0.2, 0.3, 0.05, 0.16, side * -26.0), 0.95);
        at.stroke(&[(side * 0.6, -0.12), (side * 0.48, -0.06), (side * 0.38, -0.02)], 0.015, 0.85);
    }
    at.fill(oval(0.0, 0.04, 0.018, 0.09, 0.0), 0.92);
    at.stroke(&[(0.0, -0.8), (0.0, -0.45)], 0.012, 0.8);
    at.stroke(&[(0.0, 0.45), (0.0, 0.8)], 0.012, 0.8);
    at.soften(2);
    at.shade(oval(0.0, 0.0, 1.1, 1.1, 0.0), -0.05);
    at.grain(0.06, 0.05, 12);
}
