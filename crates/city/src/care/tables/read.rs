//! Reads the tables. A line that says something impossible is an error that names the table and the line.

use super::{
    Diagnosis, Dose, Drug, Due, Image, Lasting, Move, Often, Operation, Panel, Season, Tables, Test, TestKind,
};
use crate::model::{Disease, Sex};
use crate::places::Specialty;
use base::{Error, Result};

/// The diseases of the model in their order.
pub const DISEASES: [Disease; 32] = [
    Disease::Hypertension,
    Disease::Diabetes,
    Disease::Lipids,
    Disease::CoronaryHeart,
    Disease::AtrialFibrillation,
    Disease::HeartFailure,
    Disease::Stroke,
    Disease::Copd,
    Disease::Asthma,
    Disease::ChronicKidney,
    Disease::HepatitisB,
    Disease::FattyLiver,
    Disease::ChronicGastritis,
    Disease::Gout,
    Disease::Thyroid,
    Disease::Osteoporosis,
    Disease::KneeArthrosis,
    Disease::Rhinitis,
    Disease::Depression,
    Disease::Schizophrenia,
    Disease::Dementia,
    Disease::Parkinson,
    Disease::Cataract,
    Disease::LungCancer,
    Disease::BreastCancer,
    Disease::ColorectalCancer,
    Disease::StomachCancer,
    Disease::LiverCancer,
    Disease::ThyroidCancer,
    Disease::ProstateCancer,
    Disease::ProstateHyperplasia,
    Disease::Anaemia,
];

/// One line of a table, read from left to right.
struct Row {
    table: &'static str,
    line: usize,
    cells: Vec<&'static str>,
    at: usize,
}

fn rows(table: &'static str, text: &'static str) -> impl Iterator<Item = Row> {
    let is_data = |(_, line): &(usize, &str)| !line.starts_with('#') && !line.is_empty();
    let row =
        move |(nth, line): (usize, &'static str)| Row { table, line: nth + 1, cells: line.split(',').collect(), at: 0 };
    text.lines().enumerate().filter(is_data).skip(1).map(row)
}

impl Row {
    fn wrong(&self, what: &str) -> Error {
        Error::fault(format!("table {} line {}: {what}", self.table, self.line))
    }

    fn text(&mut self) -> Result<&'static str> {
        let cell = self.cells.get(self.at).copied();
        self.at += 1;
        cell.ok_or_else(|| self.wrong("too few cells"))
    }

    fn number(&mut self) -> Result<f64> {
        let text = self.text()?;
        text.parse().map_err(|_| self.wrong(&format!("`{text}` is no number")))
    }

    fn range(&mut self) -> Result<Option<(f64, f64)>> {
        let (low, high) = (self.text()?, self.text()?);
        if low.is_empty() && high.is_empty() {
            return Ok(None);
        }
        match (low.parse(), high.parse()) {
            (Ok(low), Ok(high)) => Ok(Some((low, high))),
            _ => Err(self.wrong("a range is no pair of numbers")),
        }
    }

    fn sex(&mut self) -> Result<Option<Sex>> {
        match self.text()? {
            "-" => Ok(None),
            "M" => Ok(Some(Sex::Male)),
            "F" => Ok(Some(Sex::Female)),
            other => Err(self.wrong(&format!("`{other}` is no sex"))),
        }
    }

    fn specialty(&mut self) -> Result<Specialty> {
        let text = self.text()?;
        specialty(text).ok_or_else(|| self.wrong(&format!("`{text}` is no department")))
    }

    /// `key:number` pairs, with the place of the key.
    fn pairs(&mut self, scale: f64, place: impl Fn(&str) -> Option<u8>) -> Result<Vec<(u8, f64)>> {
        let text = self.text()?;
        let pair = |word: &str| {
            let (key, number) = word.split_once(':')?;
            Some((place(key)?, number.parse::<f64>().ok()? * scale))
        };
        text.split_whitespace()
            .map(|word| pair(word).ok_or_else(|| self.wrong(&format!("`{word}` is not known"))))
            .collect()
    }

    fn keys(&self, text: &str, place: impl Fn(&str) -> Option<u8>) -> Result<Vec<u8>> {
        text.split_whitespace()
            .map(|word| place(word).ok_or_else(|| self.wrong(&format!("`{word}` is not known"))))
            .collect()
    }
}

fn specialty(key: &str) -> Option<Specialty> {
    Some(match key {
        "gp" => Specialty::GeneralPractice,
        "resp" => Specialty::Respiratory,
        "cardio" => Specialty::Cardiology,
        "gastro" => Specialty::Gastroenterology,
        "endo" => Specialty::Endocrinology,
        "nephro" => Specialty::Nephrology,
        "neuro" => Specialty::Neurology,
        "haem" => Specialty::Haematology,
        "surg" => Specialty::Surgery,
        "ortho" => Specialty::Orthopaedics,
        "uro" => Specialty::Urology,
        "gyn" => Specialty::Gynaecology,
        "obst" => Specialty::Obstetrics,
        "paed" => Specialty::Paediatrics,
        "eye" => Specialty::Ophthalmology,
        "ent" => Specialty::Ent,
        "stoma" => Specialty::Stomatology,
        "derm" => Specialty::Dermatology,
        "psych" => Specialty::Psychiatry,
        "infect" => Specialty::Infectious,
        "onc" => Specialty::Oncology,
        "emer" => Specialty::Emergency,
        "rehab" => Specialty::Rehabilitation,
        "tcm" => Specialty::TraditionalMedicine,
        _ => return None,
    })
}

/// Reads all tables.
///
/// # Errors
/// `Fault` with the table and the line that cannot be read.
pub fn read() -> Result<Tables> {
    let mut tables = Tables {
        diagnoses: Vec::new(),
        lasting: Vec::new(),
        tests: rows("tests", include_str!("../data/tests.csv")).map(test).collect::<Result<_>>()?,
        panels: Vec::new(),
        images: rows("images", include_str!("../data/images.csv")).map(image).collect::<Result<_>>()?,
        drugs: rows("drugs", include_str!("../data/drugs.csv")).map(drug).collect::<Result<_>>()?,
        operations: Vec::new(),
        doses: rows("vaccines", include_str!("../data/vaccines.csv")).map(dose).collect::<Result<_>>()?,
        sums: Vec::new(),
    };
    for row in rows("panels", include_str!("../data/panels.csv")) {
        tables.panels.push(panel(row, &tables)?);
    }
    for row in rows("diagnoses", include_str!("../data/diagnoses.csv")) {
        tables.diagnoses.push(diagnosis(row, &tables)?);
    }
    for mut row in rows("acute", include_str!("../data/acute.csv")) {
        let icd = row.text()?;
        let moves: Vec<Move> = row.pairs(1.0, |key| tables.test(key))?;
        tables.diagnoses.iter_mut().filter(|diagnosis| diagnosis.icd == icd).for_each(|diagnosis| {
            diagnosis.moves.clone_from(&moves);
        });
    }
    for row in rows("chronic", include_str!("../data/chronic.csv")) {
        tables.lasting.push(lasting(row, &tables)?);
    }
    for row in rows("operations", include_str!("../data/operations.csv")) {
        tables.operations.push(operation(row, &tables)?);
    }
    tables.sum_up();
    Ok(tables)
}

fn test(mut row: Row) -> Result<Test> {
    let (key, name, alt, loinc, unit, ucum) =
        (row.text()?, row.text()?, row.text()?, row.text()?, row.text()?, row.text()?);
    let male = row.range()?;
    let female = row.range()?.ok_or_else(|| row.wrong("no range"))?;
    let child = row.range()?;
    let (centre, spread, within) = (row.number()?, row.number()?, row.number()?);
    let decimals = row.number()? as u32;
    let kind = match row.text()? {
        "Q" => TestKind::Quantity,
        "N" => TestKind::Presence,
        "G" => TestKind::Grade,
        _ => return Err(row.wrong("no kind")),
    };
    let male = male.unwrap_or(female);
    Ok(Test { key, name, alt, loinc, unit, ucum, male, female, child, centre, spread, within, decimals, kind })
}

fn panel(mut row: Row, tables: &Tables) -> Result<Panel> {
    let (key, name, alt, loinc, specimen) = (row.text()?, row.text()?, row.text()?, row.text()?, row.text()?);
    let tests = row.text()?;
    let tests = row.keys(tests, |key| tables.test(key))?;
    let (window_hours, fen, minutes) = (row.number()? as i64, row.number()? as i64, row.number()? as i64);
    let marked = row.text()? == "1";
    Ok(Panel { key, name, alt, loinc, specimen, tests, window_hours, fen, minutes, marked })
}

fn image(mut row: Row) -> Result<Image> {
    let (key, name, modality, loinc, site, site_name) =
        (row.text()?, row.text()?, row.text()?, row.text()?, row.text()?, row.text()?);
    let (fen, window_hours, minutes) = (row.number()? as i64, row.number()? as i64, row.number()? as i64);
    let methods = row.text()?.split(';').collect();
    let (normal, abnormal, conclusion) = (row.text()?, row.text()?, row.text()?);
    Ok(Image {
        key,
        name,
        modality,
        loinc,
        site,
        site_name,
        fen,
        window_hours,
        minutes,
        methods,
        normal,
        abnormal,
        conclusion,
    })
}

fn drug(mut row: Row) -> Result<Drug> {
    let (key, atc, name, dosage) = (row.text()?, row.text()?, row.text()?, row.text()?);
    let (days, fen_a_day) = (row.number()? as i64, row.number()? as i64);
    Ok(Drug { key, atc, name, dosage, days, fen_a_day, long: row.text()? == "1" })
}

fn diagnosis(mut row: Row, tables: &Tables) -> Result<Diagnosis> {
    let (icd, name) = (row.text()?, row.text()?);
    let specialty = row.specialty()?;
    let sex = row.sex()?;
    let weights = [row.number()?, row.number()?, row.number()?];
    let ages = [row.number()?, row.number()?, row.number()?, row.number()?, row.number()?];
    let season = row.text()?;
    let season = Season::read(season).ok_or_else(|| row.wrong(&format!("`{season}` is no season")))?;
    let panels: Vec<Often> = row.pairs(0.01, |key| tables.panel(key))?;
    let images: Vec<Often> = row.pairs(0.01, |key| tables.image(key))?;
    let drugs = row.text()?;
    let drugs = row.keys(drugs, |key| tables.drug(key))?;
    let days = row.number()?;
    Ok(Diagnosis { icd, name, specialty, sex, weights, ages, season, panels, images, drugs, days, moves: Vec::new() })
}

fn lasting(mut row: Row, tables: &Tables) -> Result<Lasting> {
    let disease = row.text()?;
    let expected = DISEASES[tables.lasting.len()];
    if format!("{expected:?}") != disease {
        return Err(row.wrong(&format!("`{disease}` stands where {expected:?} is due")));
    }
    let (icd, name) = (row.text()?, row.text()?);
    let specialty = row.specialty()?;
    let (visits, stays) = (row.number()?, row.number()?);
    let panels = row.pairs(0.01, |key| tables.panel(key))?;
    let images = row.pairs(0.01, |key| tables.image(key))?;
    let mut drugs = [Vec::new(), Vec::new(), Vec::new()];
    let steps = row.text()?;
    for (step, keys) in drugs.iter_mut().zip(steps.split('|')) {
        *step = row.keys(keys, |key| tables.drug(key))?;
    }
    let moves = row.pairs(1.0, |key| tables.test(key))?;
    let (treated, home) = (row.number()?, row.number()? / 100.0);
    Ok(Lasting { disease: expected, icd, name, specialty, visits, stays, panels, images, drugs, moves, treated, home })
}

fn operation(mut row: Row, tables: &Tables) -> Result<Operation> {
    let (code, name, icd) = (row.text()?, row.text()?, row.text()?);
    let _disease = row.text()?;
    let diagnosis = tables.diagnosis(icd).ok_or_else(|| row.wrong(&format!("`{icd}` is no diagnosis")))?;
    let sex = row.sex()?;
    let (from_age, to_age) = (row.number()? as i32, row.number()? as i32);
    let (weight, days, fen) = (row.number()?, row.number()?, row.number()? as i64);
    Ok(Operation { code, name, diagnosis, sex, from_age, to_age, weight, days, fen, specialty: row.specialty()? })
}

fn dose(mut row: Row) -> Result<Dose> {
    let (vaccine, name, code, cvx) = (row.text()?, row.text()?, row.text()?, row.text()?);
    let dose = row.number()? as u8;
    let due = row.text()?;
    let due = match due.strip_prefix('c') {
        Some(day) => day.parse().map(Due::Day),
        None => due.parse().map(Due::Age),
    };
    let due = due.map_err(|_| row.wrong("no day"))?;
    let sex = row.sex()?;
    let (uptake, delay) = (row.number()? / 100.0, row.number()?);
    let (from, to) = (row.text()?, row.text()?);
    let born = (from.parse().unwrap_or(i32::MIN), to.parse().unwrap_or(i32::MAX));
    Ok(Dose { vaccine, name, code, cvx, dose, due, sex, uptake, delay, born })
}
