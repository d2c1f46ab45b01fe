//! A city on standard output: places, then residents, one resource a line. The truth goes into a folder of its own, if one
//! is named.

use super::blocks::Blocks;
use super::truth::TruthFiles;
use super::{Line, Wish, threads};
use anyhow::Context;
use base::StopFlag;
use city::{City, Out, Truth, Window};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

/// Writes the city; false if it was stopped. A reader that has had enough is no error.
pub fn write(wish: &Wish, truth: Option<&Path>, stop: &StopFlag) -> anyhow::Result<bool> {
    let settings = wish.settings()?;
    let truth = truth.map(begin_truth).transpose()?;
    let city = Arc::new(City::build(settings)?);
    let mut pipe = Pipe { to: std::io::stdout(), truth };
    match pipe.carry(&city, stop) {
        Err(error) if error.downcast_ref().is_some_and(is_closed) => Ok(true),
        Err(error) => Err(error.context("the city was not written to its end; give the command again")),
        done => done,
    }
}

/// Writes the truth of a city alone.
pub fn write_truth(wish: &Wish, dir: &Path, stop: &StopFlag) -> anyhow::Result<bool> {
    let city = Arc::new(City::build(wish.settings()?)?);
    let mut pipe = Pipe { to: std::io::sink(), truth: Some(begin_truth(dir)?) };
    pipe.carry(&city, stop).with_context(|| format!("the truth could not be written into `{}`", dir.display()))
}

fn begin_truth(dir: &Path) -> anyhow::Result<TruthFiles> {
    TruthFiles::begin(dir).with_context(|| format!("`--truth`: the folder `{}` cannot be written", dir.display()))
}

fn is_closed(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

struct Pipe<W: Write> {
    to: W,
    truth: Option<TruthFiles>,
}

impl<W: Write> Pipe<W> {
    fn carry(&mut self, city: &Arc<City>, stop: &StopFlag) -> anyhow::Result<bool> {
        let window = Window::history(city::day::minute(city.settings.end, 0, 0));
        let mut places = Out::new(window, city.settings.only);
        city.places(&mut places);
        self.part(&places.ndjson, &places.truth)?;
        let mut resources = places.resources;
        drop(places);
        let mut line = Line::new(city.blocks(), 0, 0);
        let mut blocks = Blocks::start(city.clone(), window, 0, threads(), stop.clone())?;
        let mut done = 0;
        while let Some((number, out)) = blocks.take()? {
            self.part(&out.ndjson, &out.truth)?;
            (done, resources) = (number + 1, resources + out.resources);
            blocks.give_back(out);
            line.show(done, resources);
        }
        line.end();
        self.to.flush()?;
        if let Some(truth) = &mut self.truth {
            truth.sync()?;
        }
        Ok(done == city.blocks())
    }

    fn part(&mut self, ndjson: &[u8], truth: &Truth) -> std::io::Result<()> {
        self.to.write_all(ndjson)?;
        self.truth.as_mut().map_or(Ok(()), |files| files.add(truth))
    }
}
