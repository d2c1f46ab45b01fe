//! Cases of the data or of a replica, as the scan reads them: by place, only where there are any.

/// A place without cases.
pub const NONE: u16 = u16::MAX;

/// Cases at one place in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which of the scanned steps.
    pub step: u32,
    pub count: u32,
}

/// Counts by place and scanned step. It is emptied and filled again for every replica and allocates nothing then.
pub struct Tally {
    width: usize,
    /// Place after place.
    counts: Vec<u32>,
    touched: Vec<u32>,
    items: Vec<Item>,
    /// Where a place's items begin and end.
    spans: Vec<(u32, u32)>,
    /// How many steps before the last one a place's latest case lies; `NONE` without cases.
    pub latest: Vec<u16>,
}

impl Tally {
    pub fn new(places: usize, width: usize) -> Tally {
        Tally {
            width,
            counts: vec![0; places * width],
            touched: Vec::new(),
            items: Vec::new(),
            spans: vec![(0, 0); places],
            latest: vec![NONE; places],
        }
    }

    pub fn clear(&mut self) {
        for cell in self.touched.drain(..) {
            self.counts[cell as usize] = 0;
            self.latest[cell as usize / self.width] = NONE;
        }
        self.items.clear();
    }

    #[inline]
    pub fn add(&mut self, place: u32, step: u32, count: u32) {
        self.add_at(place * self.width as u32 + step, count);
    }

    /// `cell` counts place after place, step after step.
    #[inline]
    pub fn add_at(&mut self, cell: u32, count: u32) {
        let sum = &mut self.counts[cell as usize];
        if *sum == 0 && count > 0 {
            self.touched.push(cell);
        }
        *sum += count;
    }

    /// Puts what has been added in order.
    pub fn close(&mut self) {
        self.touched.sort_unstable();
        for cell in &self.touched {
            let (place, step) = (*cell as usize / self.width, *cell as usize % self.width);
            let at = self.items.len() as u32;
            self.items.push(Item { step: step as u32, count: self.counts[*cell as usize] });
            let from = if self.latest[place] == NONE { at } else { self.spans[place].0 };
            self.spans[place] = (from, at + 1);
            self.latest[place] = (self.width - 1 - step) as u16;
        }
    }

    /// What is there at a place that has cases.
    #[inline]
    pub fn items(&self, place: usize) -> &[Item] {
        let (from, to) = self.spans[place];
        &self.items[from as usize..to as usize]
    }

    /// Counts by place and step, for whoever wants to see a replica.
    pub fn cells(&self) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        let width = self.width as u32;
        self.touched.iter().map(move |cell| (cell / width, cell % width, self.counts[*cell as usize]))
    }
}
