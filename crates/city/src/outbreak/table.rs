//! The infections of the city, a row each.
//!
//! How often each is reported follows Shanghai: the monthly table of February 2018, the yearly ones of 2013, 2019 and 2020,
//! the months April and June 2025 for the coronavirus. Sources, and which figures are remembered only, stand in `docs/city.md`.

use crate::outbreak::illness::{Assay, Class, Facts};

const FLAT: [u8; 12] = [8, 7, 9, 9, 9, 9, 9, 8, 8, 8, 8, 8];
const STOOL: &str = "粪便";
const SERUM: &str = "血清";
const THROAT: &str = "咽拭子";
const NO_ASSAY: Assay = Assay { loinc: "", name: "", english: "", specimen: "", hours: 0, share: 0.0 };

const fn assay(
    loinc: &'static str,
    name: &'static str,
    english: &'static str,
    specimen: &'static str,
    hours: i64,
    share: f64,
) -> Assay {
    Assay { loinc, name, english, specimen, hours, share }
}

/// What many sporadic infections have in common; a row names only what is different.
const SPORADIC: Facts = Facts {
    code: "",
    name: "",
    english: "",
    icd10: "",
    class: Class::B,
    report_hours: 24,
    incubation_days: 4.0,
    incubation_spread: 1.4,
    visit_days: 2.0,
    community: false,
    ill: 1.0,
    visits: [1.0, 1.0, 1.0],
    stays: [0.02, 0.02, 0.06],
    reported: 0.92,
    assay: NO_ASSAY,
    yearly: 0.0,
    ages: [2, 8, 12, 28, 35, 15],
    months: FLAT,
};

const RPR: Assay = assay("20507-0", "梅毒非特异性抗体", "Reagin antibody by RPR", SERUM, 6, 1.0);
const CULTURE: Assay = assay("625-4", "粪便细菌培养", "Bacteria in stool by culture", STOOL, 60, 0.7);
const HBV: Assay = assay("5195-3", "乙型肝炎表面抗原", "Hepatitis B surface antigen", SERUM, 6, 1.0);
const CORONA: Assay = assay("94500-6", "新型冠状病毒核酸", "SARS-CoV-2 RNA by NAA", THROAT, 8, 0.75);
const FLU: Assay = assay("92142-9", "甲型流感病毒核酸", "Influenza A virus RNA by NAA", THROAT, 5, 0.45);
const NORO: Assay = assay("", "诺如病毒核酸", "Norovirus RNA in stool by NAA", STOOL, 24, 0.35);
const MEASLES_IGM: Assay = assay("21503-8", "麻疹病毒IgM抗体", "Measles virus IgM antibody", SERUM, 30, 0.95);
const SPUTUM: Assay = assay("624-7", "痰细菌培养及鉴定", "Bacteria in sputum by culture", "痰", 54, 1.0);
const TUBERCLE: Assay =
    assay("38379-4", "结核分枝杆菌核酸", "Mycobacterium tuberculosis complex DNA by NAA", "痰", 30, 0.9);

/// The first six stand for the outbreaks and are named in `Illness`.
pub static ILLNESSES: [Facts; 31] = [
    Facts {
        code: "norovirus",
        visit_days: 0.6,
        community: true,
        name: "诺如病毒感染性腹泻",
        english: "Norovirus gastroenteritis",
        icd10: "A08.1",
        class: Class::C,
        incubation_days: 1.2,
        incubation_spread: 1.64,
        ill: 0.7,
        visits: [0.45, 0.3, 0.4],
        stays: [0.01, 0.005, 0.04],
        reported: 0.75,
        assay: NORO,
        ..SPORADIC
    },
    Facts {
        code: "salmonella-food",
        visit_days: 0.5,
        name: "沙门菌食物中毒",
        english: "Salmonella food poisoning",
        icd10: "A02.0",
        class: Class::Foodborne,
        report_hours: 48,
        incubation_days: 0.75,
        incubation_spread: 1.7,
        ill: 0.95,
        visits: [0.6, 0.5, 0.6],
        stays: [0.06, 0.05, 0.12],
        reported: 0.8,
        assay: CULTURE,
        ..SPORADIC
    },
    Facts {
        code: "influenza",
        visit_days: 1.2,
        community: true,
        name: "流行性感冒",
        english: "Influenza",
        icd10: "J10.1",
        class: Class::C,
        incubation_days: 1.4,
        incubation_spread: 1.51,
        ill: 0.84,
        visits: [0.5, 0.22, 0.35],
        stays: [0.01, 0.004, 0.05],
        reported: 0.35,
        assay: FLU,
        yearly: 64.6,
        ages: [3, 17, 32, 18, 20, 10],
        months: [22, 12, 7, 4, 3, 3, 4, 4, 4, 6, 10, 21],
        ..SPORADIC
    },
    Facts {
        code: "measles",
        visit_days: 2.6,
        name: "麻疹",
        english: "Measles",
        icd10: "B05.9",
        incubation_days: 12.5,
        incubation_spread: 1.23,
        ill: 0.99,
        visits: [0.97, 0.9, 0.95],
        stays: [0.3, 0.2, 0.4],
        reported: 0.95,
        assay: MEASLES_IGM,
        yearly: 0.1,
        ages: [35, 15, 8, 17, 25, 0],
        months: [8, 8, 14, 17, 15, 11, 7, 5, 4, 3, 3, 5],
        ..SPORADIC
    },
    Facts {
        code: "crkp",
        visit_days: 1.0,
        name: "耐碳青霉烯类肺炎克雷伯菌肺炎",
        english: "Carbapenem-resistant Klebsiella pneumonia",
        icd10: "J15.0",
        class: Class::Hospital,
        incubation_days: 6.0,
        incubation_spread: 1.6,
        ill: 0.75,
        visits: [1.0, 1.0, 1.0],
        stays: [1.0, 1.0, 1.0],
        reported: 0.85,
        assay: SPUTUM,
        ..SPORADIC
    },
    Facts {
        code: "coronavirus",
        visit_days: 1.5,
        community: true,
        name: "新型冠状病毒感染",
        english: "COVID-19",
        icd10: "U07.1",
        incubation_days: 3.4,
        incubation_spread: 1.5,
        ill: 0.7,
        visits: [0.4, 0.22, 0.4],
        stays: [0.01, 0.006, 0.07],
        reported: 0.6,
        assay: CORONA,
        yearly: 500.0,
        ages: [2, 4, 6, 18, 40, 30],
        months: [6, 4, 6, 9, 15, 15, 10, 9, 8, 6, 5, 7],
        ..SPORADIC
    },
    Facts {
        code: "hand-foot-mouth",
        visit_days: 1.3,
        community: true,
        name: "手足口病",
        english: "Hand, foot and mouth disease",
        icd10: "B08.4",
        class: Class::C,
        incubation_days: 4.4,
        incubation_spread: 1.5,
        yearly: 120.0,
        ages: [8, 72, 18, 1, 1, 0],
        months: [2, 1, 3, 7, 14, 20, 15, 8, 9, 10, 7, 4],
        ..SPORADIC
    },
    Facts {
        code: "other-diarrhoea",
        visit_days: 1.2,
        community: true,
        name: "其他感染性腹泻病",
        english: "Other infectious diarrhoea",
        icd10: "A09.9",
        class: Class::C,
        incubation_days: 2.0,
        incubation_spread: 1.6,
        assay: CULTURE,
        yearly: 40.0,
        ages: [14, 22, 8, 18, 22, 16],
        months: [11, 8, 8, 7, 7, 8, 9, 9, 7, 7, 8, 11],
        ..SPORADIC
    },
    Facts {
        code: "syphilis",
        visit_days: 12.0,
        name: "梅毒",
        english: "Syphilis",
        icd10: "A53.9",
        incubation_days: 25.0,
        assay: RPR,
        yearly: 39.1,
        ages: [0, 0, 0, 21, 42, 37],
        ..SPORADIC
    },
    Facts {
        code: "tuberculosis",
        visit_days: 22.0,
        name: "肺结核",
        english: "Pulmonary tuberculosis",
        icd10: "A16.2",
        incubation_days: 60.0,
        stays: [0.3, 0.25, 0.4],
        assay: TUBERCLE,
        yearly: 24.9,
        ages: [0, 0, 1, 30, 36, 33],
        months: [8, 7, 10, 9, 9, 9, 9, 8, 8, 7, 8, 8],
        ..SPORADIC
    },
    Facts {
        code: "gonorrhoea",
        visit_days: 5.0,
        name: "淋病",
        english: "Gonorrhoea",
        icd10: "A54.9",
        yearly: 14.0,
        ages: [0, 0, 0, 50, 48, 2],
        months: [7, 6, 8, 8, 9, 9, 9, 9, 9, 9, 9, 8],
        ..SPORADIC
    },
    Facts {
        code: "scarlet-fever",
        visit_days: 1.6,
        name: "猩红热",
        english: "Scarlet fever",
        icd10: "A38",
        incubation_days: 3.0,
        yearly: 10.0,
        ages: [1, 33, 64, 1, 1, 0],
        months: [9, 5, 8, 11, 15, 14, 5, 2, 2, 5, 11, 13],
        ..SPORADIC
    },
    Facts {
        code: "mumps",
        visit_days: 1.8,
        name: "流行性腮腺炎",
        english: "Mumps",
        icd10: "B26.9",
        class: Class::C,
        incubation_days: 17.0,
        incubation_spread: 1.2,
        yearly: 5.0,
        ages: [1, 25, 50, 12, 11, 1],
        months: [6, 5, 7, 10, 13, 14, 10, 6, 6, 7, 8, 8],
        ..SPORADIC
    },
    Facts {
        code: "chickenpox",
        visit_days: 1.6,
        community: true,
        name: "水痘",
        english: "Chickenpox",
        icd10: "B01.9",
        class: Class::Watched,
        incubation_days: 14.0,
        incubation_spread: 1.15,
        yearly: 60.0,
        ages: [3, 15, 42, 28, 11, 1],
        months: [11, 5, 7, 8, 11, 11, 5, 2, 4, 9, 13, 14],
        ..SPORADIC
    },
    Facts {
        code: "hepatitis-e",
        visit_days: 6.0,
        name: "病毒性肝炎（戊型）",
        english: "Hepatitis E",
        icd10: "B17.2",
        incubation_days: 40.0,
        stays: [0.5, 0.5, 0.6],
        yearly: 3.5,
        ages: [0, 0, 0, 5, 45, 50],
        months: [9, 10, 13, 11, 9, 8, 7, 6, 6, 6, 7, 8],
        ..SPORADIC
    },
    Facts {
        code: "hepatitis-b",
        visit_days: 9.0,
        name: "病毒性肝炎（乙型）",
        english: "Hepatitis B",
        icd10: "B16.9",
        incubation_days: 75.0,
        assay: HBV,
        yearly: 1.6,
        ages: [0, 0, 0, 22, 60, 18],
        ..SPORADIC
    },
    Facts {
        code: "hepatitis-unspecified",
        visit_days: 9.0,
        name: "病毒性肝炎（未分型）",
        english: "Hepatitis, unspecified",
        icd10: "B19.9",
        incubation_days: 40.0,
        yearly: 1.2,
        ages: [1, 1, 2, 16, 50, 30],
        ..SPORADIC
    },
    Facts {
        code: "hepatitis-a",
        visit_days: 5.0,
        name: "病毒性肝炎（甲型）",
        english: "Hepatitis A",
        icd10: "B15.9",
        incubation_days: 28.0,
        stays: [0.4, 0.4, 0.5],
        yearly: 0.5,
        ages: [0, 1, 3, 20, 56, 20],
        ..SPORADIC
    },
    Facts {
        code: "hepatitis-c",
        visit_days: 15.0,
        name: "病毒性肝炎（丙型）",
        english: "Hepatitis C",
        icd10: "B17.1",
        incubation_days: 50.0,
        yearly: 0.3,
        ages: [0, 0, 0, 15, 60, 25],
        ..SPORADIC
    },
    Facts {
        code: "aids",
        visit_days: 30.0,
        name: "艾滋病",
        english: "AIDS",
        icd10: "B24",
        incubation_days: 90.0,
        stays: [0.3, 0.3, 0.4],
        yearly: 0.9,
        ages: [0, 0, 0, 28, 58, 14],
        ..SPORADIC
    },
    Facts {
        code: "rubella",
        visit_days: 1.5,
        name: "风疹",
        english: "Rubella",
        icd10: "B06.9",
        class: Class::C,
        incubation_days: 17.0,
        incubation_spread: 1.15,
        yearly: 0.6,
        ages: [5, 10, 20, 45, 19, 1],
        months: [5, 5, 10, 16, 20, 15, 9, 5, 4, 3, 4, 4],
        ..SPORADIC
    },
    Facts {
        code: "pertussis",
        visit_days: 9.0,
        name: "百日咳",
        english: "Pertussis",
        icd10: "A37.9",
        incubation_days: 9.0,
        yearly: 0.5,
        ages: [55, 25, 14, 2, 3, 1],
        ..SPORADIC
    },
    Facts {
        code: "dysentery",
        visit_days: 1.2,
        community: true,
        name: "细菌性和阿米巴性痢疾",
        english: "Dysentery",
        icd10: "A03.9",
        incubation_days: 2.0,
        assay: CULTURE,
        yearly: 0.5,
        ages: [6, 14, 10, 22, 28, 20],
        months: [4, 3, 5, 7, 9, 12, 15, 16, 12, 8, 5, 4],
        ..SPORADIC
    },
    Facts {
        code: "malaria",
        visit_days: 3.0,
        name: "疟疾",
        english: "Malaria",
        icd10: "B50.9",
        incubation_days: 12.0,
        stays: [0.9, 0.9, 0.9],
        yearly: 0.15,
        ages: [0, 1, 1, 38, 58, 2],
        ..SPORADIC
    },
    Facts {
        code: "dengue",
        visit_days: 3.0,
        name: "登革热",
        english: "Dengue",
        icd10: "A90",
        incubation_days: 5.9,
        stays: [0.6, 0.5, 0.7],
        yearly: 0.1,
        ages: [0, 2, 5, 38, 48, 7],
        months: [1, 1, 1, 2, 3, 6, 12, 22, 24, 18, 8, 2],
        ..SPORADIC
    },
    Facts {
        code: "typhoid",
        visit_days: 5.0,
        name: "伤寒和副伤寒",
        english: "Typhoid and paratyphoid",
        icd10: "A01.0",
        incubation_days: 10.0,
        stays: [0.7, 0.7, 0.8],
        yearly: 0.1,
        ages: [2, 10, 12, 28, 36, 12],
        ..SPORADIC
    },
    Facts {
        code: "conjunctivitis",
        visit_days: 1.2,
        name: "急性出血性结膜炎",
        english: "Acute haemorrhagic conjunctivitis",
        icd10: "B30.3",
        class: Class::C,
        incubation_days: 1.0,
        yearly: 0.1,
        ages: [1, 6, 23, 25, 35, 10],
        months: [3, 3, 4, 6, 9, 12, 16, 17, 14, 8, 4, 4],
        ..SPORADIC
    },
    Facts {
        code: "brucellosis",
        visit_days: 15.0,
        name: "布鲁氏菌病",
        english: "Brucellosis",
        icd10: "A23.9",
        incubation_days: 21.0,
        stays: [0.6, 0.5, 0.6],
        yearly: 0.05,
        ages: [0, 1, 2, 17, 60, 20],
        ..SPORADIC
    },
    Facts {
        code: "meningococcal",
        visit_days: 1.0,
        name: "流行性脑脊髓膜炎",
        english: "Meningococcal meningitis",
        icd10: "A39.0",
        incubation_days: 3.5,
        stays: [1.0, 1.0, 1.0],
        yearly: 0.03,
        ages: [22, 22, 16, 25, 12, 3],
        months: [14, 15, 15, 11, 8, 6, 5, 4, 4, 5, 6, 7],
        ..SPORADIC
    },
    Facts {
        code: "haemorrhagic-fever",
        visit_days: 3.0,
        name: "流行性出血热",
        english: "Haemorrhagic fever with renal syndrome",
        icd10: "A98.5",
        incubation_days: 12.0,
        stays: [1.0, 1.0, 1.0],
        yearly: 0.02,
        ages: [0, 0, 4, 24, 52, 20],
        months: [10, 6, 7, 8, 10, 9, 6, 4, 4, 7, 15, 14],
        ..SPORADIC
    },
    Facts {
        code: "japanese-encephalitis",
        visit_days: 2.5,
        name: "流行性乙型脑炎",
        english: "Japanese encephalitis",
        icd10: "A83.0",
        incubation_days: 8.0,
        stays: [1.0, 1.0, 1.0],
        yearly: 0.01,
        ages: [2, 12, 16, 10, 30, 30],
        months: [0, 0, 0, 0, 2, 8, 33, 45, 10, 2, 0, 0],
        ..SPORADIC
    },
];
