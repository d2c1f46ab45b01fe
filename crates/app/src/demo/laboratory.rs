//! Laboratory tests and vital signs: codes, units, reference ranges, and a course over time for each.

use serde_json::{Value, json};

/// One measured quantity.
pub struct Test {
    pub key: &'static str,
    pub loinc: &'static str,
    pub loinc_display: &'static str,
    pub name: &'static str,
    pub unit: &'static str,
    /// The unit in UCUM.
    pub ucum: &'static str,
    /// Reference range of men and of women.
    pub male: (f64, f64),
    pub female: (f64, f64),
    pub decimals: usize,
}

const fn test(
    key: &'static str,
    (loinc, loinc_display): (&'static str, &'static str),
    name: &'static str,
    (unit, ucum): (&'static str, &'static str),
    (male, female): ((f64, f64), (f64, f64)),
    decimals: usize,
) -> Test {
    Test { key, loinc, loinc_display, name, unit, ucum, male, female, decimals }
}

const fn both(range: (f64, f64)) -> ((f64, f64), (f64, f64)) {
    (range, range)
}

const MOL: (&str, &str) = ("mmol/L", "mmol/L");

pub const GLUCOSE: Test =
    test("glu", ("14771-0", "Fasting glucose [Moles/volume] in Serum or Plasma"), "空腹血糖", MOL, both((3.9, 6.1)), 1);
pub const HBA1C: Test = test(
    "a1c",
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"),
    "糖化血红蛋白",
    ("%", "%"),
    both((4.0, 6.0)),
    1,
);
pub const CREATININE: Test = test(
    "cre",
    ("14682-9", "Creatinine [Moles/volume] in Serum or Plasma"),
    "肌酐",
    ("µmol/L", "umol/L"),
    ((57.0, 97.0), (41.0, 73.0)),
    0,
);
pub const CHOLESTEROL: Test =
    test("cho", ("14647-2", "Cholesterol [Moles/volume] in Serum or Plasma"), "总胆固醇", MOL, both((2.8, 5.2)), 2);
pub const TRIGLYCERIDE: Test =
    test("tri", ("14927-8", "Triglyceride [Moles/volume] in Serum or Plasma"), "甘油三酯", MOL, both((0.5, 1.7)), 2);
pub const HDL: Test = test(
    "hdl",
    ("14646-4", "Cholesterol in HDL [Moles/volume] in Serum or Plasma"),
    "高密度脂蛋白胆固醇",
    MOL,
    both((1.0, 1.9)),
    2,
);
pub const LDL: Test = test(
    "ldl",
    ("22748-8", "Cholesterol in LDL [Moles/volume] in Serum or Plasma"),
    "低密度脂蛋白胆固醇",
    MOL,
    both((1.0, 3.4)),
    2,
);
pub const WHITE_CELLS: Test = test(
    "wbc",
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count"),
    "白细胞计数",
    ("10^9/L", "10*9/L"),
    both((3.5, 9.5)),
    1,
);
pub const RED_CELLS: Test = test(
    "rbc",
    ("789-8", "Erythrocytes [#/volume] in Blood by Automated count"),
    "红细胞计数",
    ("10^12/L", "10*12/L"),
    ((4.3, 5.8), (3.8, 5.1)),
    2,
);
pub const HAEMOGLOBIN: Test = test(
    "hgb",
    ("718-7", "Hemoglobin [Mass/volume] in Blood"),
    "血红蛋白",
    ("g/L", "g/L"),
    ((130.0, 175.0), (115.0, 150.0)),
    0,
);
pub const PLATELETS: Test = test(
    "plt",
    ("777-3", "Platelets [#/volume] in Blood by Automated count"),
    "血小板计数",
    ("10^9/L", "10*9/L"),
    both((125.0, 350.0)),
    0,
);

/// A report and the tests it gathers.
pub struct Panel {
    pub key: &'static str,
    pub loinc: &'static str,
    pub loinc_display: &'static str,
    pub name: &'static str,
    pub tests: &'static [&'static Test],
}

pub const SUGAR: Panel = Panel {
    key: "sugar",
    loinc: "11502-2",
    loinc_display: "Laboratory report",
    name: "糖代谢与肾功能",
    tests: &[&GLUCOSE, &HBA1C, &CREATININE],
};
pub const LIPIDS: Panel = Panel {
    key: "lipids",
    loinc: "24331-1",
    loinc_display: "Lipid 1996 panel - Serum or Plasma",
    name: "血脂四项",
    tests: &[&CHOLESTEROL, &TRIGLYCERIDE, &HDL, &LDL],
};
pub const BLOOD_COUNT: Panel = Panel {
    key: "cbc",
    loinc: "58410-2",
    loinc_display: "CBC panel - Blood by Automated count",
    name: "血常规",
    tests: &[&WHITE_CELLS, &RED_CELLS, &HAEMOGLOBIN, &PLATELETS],
};

impl Test {
    pub fn range(&self, is_male: bool) -> (f64, f64) {
        if is_male { self.male } else { self.female }
    }

    /// The value as a laboratory writes it.
    pub fn written(&self, value: f64) -> String {
        format!("{value:.*}", self.decimals)
    }

    pub fn quantity(&self, value: f64) -> Value {
        json!({"value": number(&self.written(value)), "unit": self.unit, "system": "http://unitsofmeasure.org", "code": self.ucum})
    }
}

/// A decimal with the digits as written.
pub fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// Code and word for where a value lies.
pub fn interpretation(value: f64, (low, high): (f64, f64)) -> (&'static str, &'static str) {
    if value < low {
        ("L", "偏低")
    } else if value > high {
        ("H", "偏高")
    } else {
        ("N", "正常")
    }
}
