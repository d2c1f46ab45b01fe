//! The truth beside the data: five tables of CSV.

use city::Truth;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Result, Seek, SeekFrom, Write};
use std::path::Path;

/// The files of the truth, in the order of `Truth::HEADERS`.
pub struct TruthFiles(Vec<BufWriter<File>>);

impl TruthFiles {
    /// Begins all tables anew with their headers.
    pub fn begin(dir: &Path) -> Result<TruthFiles> {
        std::fs::create_dir_all(dir)?;
        let mut files = Vec::new();
        for (name, header) in Truth::HEADERS {
            let mut file = BufWriter::new(File::create(dir.join(name))?);
            writeln!(file, "{header}")?;
            files.push(file);
        }
        Ok(TruthFiles(files))
    }

    /// Goes on with tables of these lengths; what stands behind is cut off. An error if one is shorter.
    pub fn resume(dir: &Path, lengths: &[u64]) -> Result<TruthFiles> {
        let mut files = Vec::new();
        for ((name, _), length) in Truth::HEADERS.iter().zip(lengths) {
            files.push(BufWriter::new(open_at(&dir.join(name), *length)?));
        }
        Ok(TruthFiles(files))
    }

    pub fn add(&mut self, truth: &Truth) -> Result<()> {
        for (file, part) in self.0.iter_mut().zip(truth.parts()) {
            file.write_all(part.as_bytes())?;
        }
        Ok(())
    }

    /// Brings all to the disk; the lengths.
    pub fn sync(&mut self) -> Result<Vec<u64>> {
        let mut lengths = Vec::new();
        for file in &mut self.0 {
            file.flush()?;
            file.get_ref().sync_data()?;
            lengths.push(file.get_ref().metadata()?.len());
        }
        Ok(lengths)
    }
}

/// Opens a file for writing behind its first `length` bytes; what stands there is cut off.
pub fn open_at(path: &Path, length: u64) -> Result<File> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    if file.metadata()?.len() < length {
        let text = format!("`{}` is shorter than it was", path.display());
        return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, text));
    }
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length))?;
    Ok(file)
}
