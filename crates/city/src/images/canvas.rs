//! A square of greys and what can be drawn on it. Coordinates go from -1 to 1, x to the right and y down; greys from 0
//! (black) to 1.

use crate::rng::Rng;

/// Pixels of a side.
pub const SIZE: usize = 200;
/// Steps between two greys that are kept: fewer greys, smaller files.
const GREY_STEP: f32 = 7.0;
/// Width of the edge of a shape, in pixels.
const EDGE: f32 = 1.6;

pub struct Canvas {
    greys: Vec<f32>,
    rng: Rng,
}

/// An ellipse: centre, half axes, and how far it is turned clockwise in degrees.
#[derive(Clone, Copy)]
pub struct Oval {
    x: f32,
    y: f32,
    rx: f32,
    ry: f32,
    sin: f32,
    cos: f32,
}

pub fn oval(x: f32, y: f32, rx: f32, ry: f32, turn: f32) -> Oval {
    let (sin, cos) = turn.to_radians().sin_cos();
    Oval { x, y, rx, ry, sin, cos }
}

impl Oval {
    /// 0 in the centre, 1 on the edge.
    fn radius(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (x - self.x, y - self.y);
        let along = (dx * self.cos + dy * self.sin) / self.rx;
        let across = (dy * self.cos - dx * self.sin) / self.ry;
        (along * along + across * across).sqrt()
    }

    /// How much of a point is covered.
    fn cover(&self, x: f32, y: f32) -> f32 {
        let edge = EDGE * 2.0 / SIZE as f32 / self.rx.min(self.ry);
        ((1.0 - self.radius(x, y)) / edge + 0.5).clamp(0.0, 1.0)
    }
}

impl Canvas {
    pub fn new(grey: f32, rng: Rng) -> Canvas {
        Canvas { greys: vec![grey; SIZE * SIZE], rng }
    }

    /// Changes every point: place and grey in, grey out.
    pub fn each(&mut self, change: impl Fn(f32, f32, f32) -> f32) {
        for (nth, grey) in self.greys.iter_mut().enumerate() {
            *grey = change(place(nth % SIZE), place(nth / SIZE), *grey);
        }
    }

    /// Paints an ellipse.
    pub fn fill(&mut self, oval: Oval, grey: f32) {
        self.each(|x, y, was| was + (grey - was) * oval.cover(x, y));
    }

    /// Adds a body that is seen through, such as an organ in an X-ray: thick in the middle, thin at the edge.
    pub fn through(&mut self, oval: Oval, amount: f32) {
        self.each(|x, y, was| was + amount * (1.0 - oval.radius(x, y).powi(2)).max(0.0).sqrt());
    }

    /// Adds a shade that fades from its middle.
    pub fn shade(&mut self, oval: Oval, amount: f32) {
        self.each(|x, y, was| was + amount * (1.0 - oval.radius(x, y).powi(2)).max(0.0).powi(2));
    }

    /// Paints a line through points; `width` is half of its width.
    pub fn stroke(&mut self, points: &[(f32, f32)], width: f32, grey: f32) {
        let edge = EDGE * 2.0 / SIZE as f32;
        self.each(|x, y, was| {
            let cover = ((width - away(points, x, y)) / edge + 0.5).clamp(0.0, 1.0);
            was + (grey - was) * cover
        });
    }

    /// Adds to the greys along a line that is seen through.
    pub fn stroke_through(&mut self, points: &[(f32, f32)], width: f32, amount: f32) {
        self.each(|x, y, was| was + amount * (1.0 - (away(points, x, y) / width).powi(2)).max(0.0).sqrt());
    }

    /// Noise where there is something: fine grain, and clouds of so many across the picture.
    pub fn grain(&mut self, fine: f32, cloud: f32, clouds: usize) {
        let lattice: Vec<f32> = (0..(clouds + 2) * (clouds + 2)).map(|_| self.rng.unit() as f32 - 0.5).collect();
        let rng = &mut self.rng;
        for (nth, grey) in self.greys.iter_mut().enumerate() {
            let drawn = rng.unit() as f32 - 0.5;
            if *grey > 0.03 {
                let at = |of: usize| of as f32 / SIZE as f32 * clouds as f32;
                *grey += fine * drawn + cloud * smooth(&lattice, clouds + 2, at(nth % SIZE), at(nth / SIZE));
            }
        }
    }

    /// Speckle of ultrasound: greys multiplied by noise that is longer across the beam than along it.
    pub fn speckle(&mut self, apex: (f32, f32)) {
        const ROWS: usize = 110;
        let lattice: Vec<f32> = (0..ROWS * ROWS).map(|_| self.rng.unit() as f32).collect();
        self.each(|x, y, was| {
            let (dx, dy) = (x - apex.0, y - apex.1);
            let depth = (dx * dx + dy * dy).sqrt() * 42.0;
            let across = (dx.atan2(dy) + 1.2) * 30.0;
            let drawn = smooth(&lattice, ROWS, across.clamp(0.0, 107.0), depth.clamp(0.0, 107.0));
            was * (0.35 + 1.3 * drawn)
        });
    }

    /// Softens everything: each point becomes the mean of those around it, so many times.
    pub fn soften(&mut self, times: usize) {
        for _ in 0..times {
            let was = self.greys.clone();
            for nth in 0..was.len() {
                let (x, y) = (nth % SIZE, nth / SIZE);
                let at = |x: usize, y: usize| was[y.min(SIZE - 1) * SIZE + x.min(SIZE - 1)];
                let beside = at(x.saturating_sub(1), y) + at(x + 1, y) + at(x, y.saturating_sub(1)) + at(x, y + 1);
                self.greys[nth] = (2.0 * was[nth] + beside) / 6.0;
            }
        }
    }

    /// The mark 示意 in the lower right corner, on a darker ground.
    pub fn mark(&mut self) {
        for y in SIZE - 21..SIZE {
            for grey in &mut self.greys[y * SIZE + SIZE - 38..(y + 1) * SIZE] {
                *grey *= 0.35;
            }
        }
        for (nth, glyph) in MARK.iter().enumerate() {
            let (left, top) = (SIZE - 36 + 17 * nth, SIZE - 19);
            for (y, row) in glyph.iter().enumerate() {
                for x in (0..16).filter(|x| row & (0x8000 >> x) != 0) {
                    self.greys[(top + y) * SIZE + left + x] = 0.66;
                }
            }
        }
    }

    /// The greys as bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let byte = |grey: &f32| ((grey.clamp(0.0, 1.0) * 255.0 / GREY_STEP).round() * GREY_STEP).min(255.0) as u8;
        self.greys.iter().map(byte).collect()
    }
}

fn place(pixel: usize) -> f32 {
    (pixel as f32 + 0.5) / SIZE as f32 * 2.0 - 1.0
}

/// Distance of a point from a line through points.
fn away(points: &[(f32, f32)], x: f32, y: f32) -> f32 {
    let from = |pair: &[(f32, f32)]| {
        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
        let (dx, dy) = (bx - ax, by - ay);
        let along = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
        ((x - ax - along * dx).powi(2) + (y - ay - along * dy).powi(2)).sqrt()
    };
    points.windows(2).map(from).fold(f32::MAX, f32::min)
}

/// A lattice of numbers read between its points.
fn smooth(lattice: &[f32], width: usize, x: f32, y: f32) -> f32 {
    let (left, top) = (x as usize, y as usize);
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (tx, ty) = (ease(x - left as f32), ease(y - top as f32));
    let at = |x: usize, y: usize| lattice[y * width + x];
    let upper = at(left, top) * (1.0 - tx) + at(left + 1, top) * tx;
    let lower = at(left, top + 1) * (1.0 - tx) + at(left + 1, top + 1) * tx;
    upper * (1.0 - ty) + lower * ty
}

/// 示 and 意, sixteen dots a row.
const MARK: [[u16; 16]; 2] = [
    [
        0x0000, 0x0000, 0x3FF8, 0x0000, 0x0000, 0x0000, 0x7FFC, 0x0100, 0x0100, 0x1110, 0x1110, 0x2108, 0x2104, 0x4104,
        0x0100, 0x0300,
    ],
    [
        0x0100, 0x0100, 0x3FF8, 0x0820, 0x0440, 0x7FFC, 0x0000, 0x1FF0, 0x1010, 0x1FF0, 0x1010, 0x1FF0, 0x0100, 0x2888,
        0x2814, 0x47F4,
    ],
];
