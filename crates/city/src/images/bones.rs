//! X-rays of chest, knee and spine, and the section of a knee.

use super::canvas::{Canvas, oval};

pub fn x_chest(at: &mut Canvas) {
    // Neck, shoulders and trunk.
    at.each(|x, y, was| {
        let wide = (0.3 + (y + 0.98) * 1.9).clamp(0.3, 0.97);
        was + 0.5 * (1.0 - (x / wide).powi(4)).max(0.0).sqrt()
    });
    for side in [-1.0, 1.0] {
        at.shade(oval(side * 0.42, 0.02, 0.42, 0.95, side * 6.0), -0.2);
        at.through(oval(side * 0.41, -0.02, 0.34, 0.74, side * 7.0), -0.22);
        for nth in 0..9 {
            let top = -0.66 + 0.15 * nth as f32;
            let wide = 0.5 + 0.035 * nth as f32;
            let back = [(0.07, top), (wide * 0.55, top - 0.04), (wide * 0.93, top + 0.09), (wide * 1.2, top + 0.24)];
            let front = [(wide * 1.2, top + 0.24), (wide * 0.8, top + 0.36), (wide * 0.45, top + 0.46)];
            at.stroke_through(&back.map(|(x, y)| (side * x, y)), 0.036, 0.11);
            at.stroke_through(&front.map(|(x, y)| (side * x, y)), 0.03, 0.045);
        }
        at.stroke_through(&[(side * 0.1, -0.68), (side * 0.4, -0.74), (side * 0.8, -0.88)], 0.04, 0.24);
        at.stroke_through(&[(side * 0.8, -0.8), (side * 0.72, -0.35), (side * 0.6, -0.1)], 0.05, 0.1);
        hilum(at, side);
    }
    // Spine, heart with the arch of the aorta, diaphragm.
    at.stroke_through(&[(0.0, -1.0), (0.0, 1.0)], 0.1, 0.1);
    for nth in 0..13 {
        at.stroke_through(&[(-0.08, -0.95 + 0.15 * nth as f32), (0.08, -0.95 + 0.15 * nth as f32)], 0.015, -0.04);
    }
    at.stroke_through(&[(0.0, -1.0), (0.0, -0.38)], 0.05, -0.1);
    at.through(oval(0.04, -0.2, 0.15, 0.5, 0.0), 0.08);
    at.through(oval(0.11, -0.42, 0.1, 0.1, 0.0), 0.12);
    at.through(oval(0.15, 0.25, 0.38, 0.29, 32.0), 0.36);
    at.fill(oval(-0.42, 1.03, 0.46, 0.5, 4.0), 0.76);
    at.fill(oval(0.44, 1.09, 0.46, 0.5, -4.0), 0.72);
    at.fill(oval(0.0, 1.15, 0.5, 0.45, 0.0), 0.8);
    at.shade(oval(0.48, 0.75, 0.17, 0.09, 0.0), -0.25);
    at.soften(2);
    at.grain(0.04, 0.03, 24);
}

/// Vessels at the root of a lung.
fn hilum(at: &mut Canvas, side: f32) {
    at.shade(oval(side * 0.2, -0.06, 0.13, 0.2, side * 12.0), 0.14);
    for nth in 0..7 {
        let turn = (25.0 + 23.0 * nth as f32).to_radians();
        let (sin, cos) = turn.sin_cos();
        let end = (side * (0.18 + 0.34 * sin), -0.06 - 0.5 * cos);
        let bend = (side * (0.2 + 0.15 * sin), -0.04 - 0.24 * cos);
        at.stroke_through(&[(side * 0.18, -0.05), bend], 0.022, 0.06);
        at.stroke_through(&[bend, end], 0.013, 0.07);
    }
}

pub fn x_knee(at: &mut Canvas) {
    at.stroke_through(&[(0.02, -1.2), (0.0, -0.1), (0.02, 0.3), (0.02, 1.2)], 0.66, 0.34);
    // Each bone in full and then within its rim, so that the rim is the brightest.
    for (rim, grey) in [(0.0, 0.68), (0.032, 0.55)] {
        at.stroke(&[(0.02, -1.2), (0.01, -0.35)], 0.2 - rim, grey);
        at.fill(oval(-0.18, -0.17, 0.23 - rim, 0.24 - rim, 12.0), grey);
        at.fill(oval(0.2, -0.17, 0.23 - rim, 0.24 - rim, -12.0), grey);
        at.fill(oval(0.01, -0.25, 0.3 - rim, 0.22 - rim, 0.0), grey);
    }
    for (rim, grey) in [(0.0, 0.62), (0.02, 0.48)] {
        at.stroke(&[(0.43, 0.46), (0.37, 0.75), (0.35, 1.2)], 0.085 - rim, grey);
    }
    for (rim, grey) in [(0.0, 0.68), (0.032, 0.55)] {
        at.stroke(&[(0.0, 0.42), (0.03, 1.2)], 0.2 - rim, grey);
        at.stroke(&[(-0.27, 0.3), (0.28, 0.3)], 0.15 - rim, grey);
        at.fill(oval(0.0, 0.42, 0.32 - rim, 0.2 - rim, 0.0), grey);
    }
    at.through(oval(0.0, -0.33, 0.17, 0.19, 0.0), 0.1);
    // Surfaces of the joint and the eminence between them.
    for side in [-1.0, 1.0] {
        at.stroke_through(&[(side * 0.38, 0.165), (side * 0.2, 0.185), (side * 0.07, 0.16)], 0.016, 0.2);
        at.stroke_through(&[(side * 0.07, 0.17), (side * 0.035, 0.11), (side * 0.01, 0.17)], 0.022, 0.16);
        at.stroke_through(&[(side * 0.34, 0.0), (side * 0.22, 0.065), (side * 0.08, 0.02)], 0.016, 0.16);
    }
    at.soften(2);
    at.grain(0.04, 0.05, 44);
}

pub fn x_spine(at: &mut Canvas) {
    at.through(oval(0.0, 0.0, 1.0, 1.6, 0.0), 0.26);
    at.shade(oval(-0.72, -0.1, 0.3, 0.5, 0.0), -0.14);
    // Bodies from the twelfth thoracic vertebra to the fifth lumbar one: middle and tilt.
    let bodies = [
        (0.08, -0.93, 10.0),
        (0.02, -0.64, 8.0),
        (-0.03, -0.34, 5.0),
        (-0.06, -0.03, 0.0),
        (-0.05, 0.28, -8.0),
        (0.02, 0.56, -20.0),
    ];
    for (x, y, tilt) in bodies {
        let (sin, cos) = f32::to_radians(tilt).sin_cos();
        at.each(|px, py, was| {
            let (dx, dy) = (px - x, py - y);
            let (along, across) = ((dx * cos + dy * sin).abs() / 0.2, (dy * cos - dx * sin).abs() / 0.125);
            // Waisted at half height.
            let waist = 1.0 - 0.07 * (1.0 - across * across).max(0.0);
            let edge = (along / waist).max(across);
            let rim = if edge > 0.87 { 0.46 } else { 0.32 };
            if edge < 1.0 { was + rim } else { was }
        });
        // Arch and processes behind the body.
        let behind = |dx: f32, dy: f32| (x + dx * cos - dy * sin, y + dx * sin + dy * cos);
        at.stroke_through(&[behind(0.2, -0.04), behind(0.36, 0.02)], 0.05, 0.22);
        at.stroke_through(&[behind(0.36, -0.1), behind(0.38, 0.16)], 0.05, 0.16);
        at.stroke_through(&[behind(0.42, 0.06), behind(0.68, 0.15)], 0.07, 0.15);
    }
    for (from, to, width) in
        [((0.1, 0.78), (0.27, 0.9), 0.15), ((0.27, 0.9), (0.46, 1.02), 0.13), ((-0.5, 0.72), (0.1, 1.05), 0.13)]
    {
        at.stroke_through(&[from, to], width, 0.24);
    }
    at.soften(2);
    at.grain(0.05, 0.04, 36);
}

pub fn mr_knee(at: &mut Canvas) {
    // Skin and fat, then muscle behind and the tendon with its fat pad in front.
    at.stroke(&[(0.0, -1.3), (-0.02, -0.1), (0.0, 1.3)], 0.76, 0.78);
    at.stroke(&[(0.03, -1.3), (0.05, 0.0), (0.06, 1.3)], 0.66, 0.36);
    at.shade(oval(0.55, -0.05, 0.22, 0.5, 0.0), 0.4);
    at.fill(oval(-0.42, 0.12, 0.2, 0.3, 18.0), 0.82);
    at.stroke(&[(-0.46, -1.1), (-0.52, -0.55)], 0.045, 0.06);
    at.stroke(&[(-0.62, -0.2), (-0.55, 0.25), (-0.36, 0.52)], 0.04, 0.06);
    // Bones: cartilage on the joint, a dark cortex, bright marrow.
    for (wider, grey) in [(0.03, 0.58), (0.0, 0.05), (-0.025, 0.79)] {
        at.fill(oval(-0.03, -0.2, 0.39 + wider, 0.31 + wider, -6.0), grey);
        at.stroke(&[(-0.2, 0.33), (0.24, 0.35)], 0.14 + wider, grey);
        if wider <= 0.0 {
            at.stroke(&[(-0.08, -1.2), (-0.06, -0.35)], 0.24 + wider, grey);
            at.stroke(&[(-0.1, 0.46), (0.0, 0.72), (0.02, 1.2)], 0.23 + wider, grey);
            at.fill(oval(-0.56, -0.38, 0.115 + wider, 0.2 + wider, -6.0), grey);
        }
    }
    // Menisci: dark wedges, thin towards the middle of the joint.
    for (outer, inner) in [(-0.33, -0.14), (0.36, 0.15)] {
        at.stroke(&[(outer, 0.115), (inner, 0.145)], 0.018, 0.04);
        at.stroke(&[(outer, 0.15), (inner, 0.15)], 0.018, 0.04);
        at.fill(oval(outer, 0.13, 0.05, 0.055, 0.0), 0.04);
    }
    // The scar of growth in each bone.
    at.stroke(&[(-0.36, -0.36), (-0.08, -0.42), (0.22, -0.36)], 0.008, 0.55);
    at.stroke(&[(-0.26, 0.5), (0.24, 0.52)], 0.008, 0.55);
    at.soften(2);
    at.grain(0.06, 0.06, 18);
}
