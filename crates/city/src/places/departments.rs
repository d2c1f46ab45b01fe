//! Which departments a kind of institution has, with their share of its beds and doctors.

use super::model::{InstitutionKind, Level, Specialty};

/// Code of the list of medical subjects (医疗机构诊疗科目名录, 1994 with amendments), name, shares of beds and doctors.
pub struct DepartmentRow {
    pub specialty: Specialty,
    pub code: &'static str,
    pub name: &'static str,
    /// 0 where it has no ward.
    pub beds: f64,
    pub doctors: f64,
    /// Whether patients come to see a doctor there.
    pub outpatients: bool,
}

const fn row(
    specialty: Specialty,
    code: &'static str,
    name: &'static str,
    beds: f64,
    doctors: f64,
    outpatients: bool,
) -> DepartmentRow {
    DepartmentRow { specialty, code, name, beds, doctors, outpatients }
}

use Specialty as S;

/// Shares after the bed and physician tables by department of the health statistics yearbook (中国卫生健康统计年鉴 2021).
pub const ALL: [DepartmentRow; 35] = [
    row(S::GeneralPractice, "02", "全科医学科", 0.5, 3.0, true),
    row(S::Respiratory, "0301", "呼吸内科", 5.0, 4.0, true),
    row(S::Gastroenterology, "0302", "消化内科", 5.0, 4.0, true),
    row(S::Neurology, "0303", "神经内科", 5.5, 4.0, true),
    row(S::Cardiology, "0304", "心血管内科", 6.0, 5.0, true),
    row(S::Haematology, "0305", "血液内科", 2.0, 1.5, true),
    row(S::Nephrology, "0306", "肾脏内科", 2.5, 2.0, true),
    row(S::Endocrinology, "0307", "内分泌科", 2.5, 3.0, true),
    row(S::Surgery, "0401", "普通外科", 9.0, 6.0, true),
    row(S::Neurosurgery, "0402", "神经外科", 2.5, 1.5, true),
    row(S::Orthopaedics, "0403", "骨科", 7.0, 4.0, true),
    row(S::Urology, "0404", "泌尿外科", 3.0, 2.0, true),
    row(S::ThoracicSurgery, "0405", "胸外科", 2.0, 1.5, true),
    row(S::Gynaecology, "0501", "妇科", 4.0, 3.0, true),
    row(S::Obstetrics, "0502", "产科", 4.0, 3.0, true),
    row(S::Neonatology, "0701", "新生儿科", 1.5, 1.0, false),
    row(S::Paediatrics, "0702", "儿科", 4.0, 4.0, true),
    row(S::Ophthalmology, "10", "眼科", 2.0, 3.0, true),
    row(S::Ent, "11", "耳鼻咽喉科", 1.5, 2.0, true),
    row(S::Stomatology, "12", "口腔科", 0.5, 5.0, true),
    row(S::Dermatology, "13", "皮肤科", 0.3, 2.0, true),
    row(S::Psychiatry, "15", "精神科", 3.0, 1.0, true),
    row(S::Infectious, "16", "感染性疾病科", 1.5, 2.0, true),
    row(S::FeverClinic, "1601", "发热门诊", 0.0, 2.0, true),
    row(S::Oncology, "19", "肿瘤科", 4.0, 3.0, true),
    row(S::Emergency, "20", "急诊医学科", 1.5, 5.0, true),
    row(S::Rehabilitation, "21", "康复医学科", 2.0, 1.5, true),
    row(S::IntensiveCare, "28", "重症医学科", 1.8, 2.0, false),
    row(S::TraditionalMedicine, "50", "中医科", 2.0, 3.0, true),
    row(S::Laboratory, "30", "检验科", 0.0, 2.0, false),
    row(S::Pathology, "31", "病理科", 0.0, 1.0, false),
    row(S::Imaging, "32", "放射科", 0.0, 4.0, false),
    row(S::Ultrasound, "3206", "超声科", 0.0, 2.5, false),
    row(S::Prevention, "01", "预防保健科", 0.0, 2.0, true),
    row(S::Internal, "03", "内科", 3.0, 5.0, true),
];

const TERTIARY: &[Specialty] = &[
    S::Respiratory,
    S::Gastroenterology,
    S::Neurology,
    S::Cardiology,
    S::Haematology,
    S::Nephrology,
    S::Endocrinology,
    S::Surgery,
    S::Neurosurgery,
    S::Orthopaedics,
    S::Urology,
    S::ThoracicSurgery,
    S::Gynaecology,
    S::Obstetrics,
    S::Neonatology,
    S::Paediatrics,
    S::Ophthalmology,
    S::Ent,
    S::Stomatology,
    S::Dermatology,
    S::Infectious,
    S::Oncology,
    S::Emergency,
    S::Rehabilitation,
    S::IntensiveCare,
    S::TraditionalMedicine,
    S::GeneralPractice,
    S::Laboratory,
    S::Pathology,
    S::Imaging,
    S::Ultrasound,
];

const SECONDARY: &[Specialty] = &[
    S::Respiratory,
    S::Gastroenterology,
    S::Neurology,
    S::Cardiology,
    S::Endocrinology,
    S::Nephrology,
    S::Surgery,
    S::Orthopaedics,
    S::Urology,
    S::Gynaecology,
    S::Obstetrics,
    S::Paediatrics,
    S::Ophthalmology,
    S::Ent,
    S::Stomatology,
    S::Dermatology,
    S::Infectious,
    S::Emergency,
    S::Rehabilitation,
    S::IntensiveCare,
    S::TraditionalMedicine,
    S::Laboratory,
    S::Imaging,
    S::Ultrasound,
];

const WOMEN_CHILDREN: &[Specialty] = &[
    S::Gynaecology,
    S::Obstetrics,
    S::Neonatology,
    S::Paediatrics,
    S::Surgery,
    S::Emergency,
    S::IntensiveCare,
    S::Laboratory,
    S::Imaging,
    S::Ultrasound,
    S::Prevention,
];

const TCM: &[Specialty] = &[
    S::TraditionalMedicine,
    S::Respiratory,
    S::Gastroenterology,
    S::Neurology,
    S::Cardiology,
    S::Endocrinology,
    S::Surgery,
    S::Orthopaedics,
    S::Gynaecology,
    S::Paediatrics,
    S::Dermatology,
    S::Emergency,
    S::Rehabilitation,
    S::Oncology,
    S::Laboratory,
    S::Imaging,
    S::Ultrasound,
];

const CENTRE: &[Specialty] =
    &[S::GeneralPractice, S::TraditionalMedicine, S::Prevention, S::Stomatology, S::Rehabilitation, S::Laboratory];

/// The departments of an institution; a specialty hospital has its own specialty by name.
pub fn of(kind: InstitutionKind, level: Level, name: &str) -> Vec<&'static DepartmentRow> {
    let wanted: Vec<Specialty> = match kind {
        InstitutionKind::GeneralHospital if level == Level::Tertiary => TERTIARY.to_vec(),
        InstitutionKind::GeneralHospital => SECONDARY.to_vec(),
        InstitutionKind::TcmHospital => TCM.to_vec(),
        InstitutionKind::WomenChildrenHospital => WOMEN_CHILDREN.to_vec(),
        InstitutionKind::SpecialtyHospital => specialty_hospital(name),
        InstitutionKind::CommunityCentre => CENTRE.to_vec(),
        InstitutionKind::MaternalChildStation => vec![S::Obstetrics, S::Paediatrics, S::Prevention],
        InstitutionKind::MentalHealthCentre => vec![S::Psychiatry],
        InstitutionKind::Cdc => vec![S::Prevention, S::Laboratory],
        InstitutionKind::Laboratory => vec![S::Laboratory, S::Pathology],
        InstitutionKind::BloodCentre => vec![S::Laboratory],
        InstitutionKind::AmbulanceCentre => vec![S::Emergency],
        InstitutionKind::Commission | InstitutionKind::Pharmacy => Vec::new(),
    };
    let find = |wanted: Specialty| ALL.iter().find(|row| row.specialty == wanted);
    wanted.into_iter().filter_map(find).collect()
}

fn specialty_hospital(name: &str) -> Vec<Specialty> {
    let own: &[Specialty] = match name {
        _ if name.contains("肿瘤") => &[S::Oncology, S::Surgery, S::Gynaecology, S::Haematology, S::Pathology],
        _ if name.contains("公共卫生") => &[S::Infectious, S::Respiratory, S::IntensiveCare, S::FeverClinic],
        _ if name.contains("精神") => &[S::Psychiatry],
        _ if name.contains("胸科") => &[S::ThoracicSurgery, S::Cardiology, S::Respiratory, S::IntensiveCare],
        _ if name.contains("眼") => &[S::Ophthalmology, S::Ent],
        _ if name.contains("口腔") => &[S::Stomatology],
        _ if name.contains("皮肤") => &[S::Dermatology],
        _ if name.contains("康复") => &[S::Rehabilitation, S::Neurology],
        _ => &[S::Orthopaedics, S::Rehabilitation, S::Surgery],
    };
    own.iter().copied().chain([S::Laboratory, S::Imaging, S::Ultrasound]).collect()
}

/// Whether a department sees outpatients.
pub fn sees_outpatients(specialty: Specialty) -> bool {
    ALL.iter().any(|row| row.specialty == specialty && row.outpatients)
}
