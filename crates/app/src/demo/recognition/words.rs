//! What doctors write when they order an examination although a result is there: for each reason of the list some sentences.

/// Sentences for a reason; for one that nobody here knows, those that fit any.
pub fn explanations(reason: &str) -> &'static [&'static str] {
    match reason {
        "condition-changed" => &[
            "症状较前加重，原结果与目前临床表现不符，需重新评估",
            "近两日再次发热，体征有变化，复查以调整治疗",
            "治疗后病情变化明显，原结果不能反映目前状况",
        ],
        "changes-fast" => {
            &["该指标短期内波动大，需动态观察", "用药后需观察指标变化趋势", "病程进展快，须以当日结果为准"]
        }
        "major-measure" => {
            &["拟行手术，术前须复核", "拟行介入治疗，须以本院近期结果评估风险", "拟调整抗凝方案，需确认目前水平"]
        }
        "emergency" => &["急诊处置，需即时结果", "患者病情急，等待调阅不妥"],
        "appraisal" => &["伤残鉴定需要，须由本机构出具结果"],
        "patient-asks" => &["已说明可互认，患者及家属仍要求复查并签字", "家属对外院结果有疑虑，要求复查"],
        "assessment-failed" => &["该机构此项目近期室间质评未通过", "外院该项目质评结果不明，复核一次"],
        "too-old" => &["结果间隔较久，参考意义有限", "距上次检查时间较长，随访需要新结果"],
        "attending-doctor" => &[
            "主诊医师查房后认为需复查以明确诊断",
            "结果处于临界值，主诊医师要求复核",
            "与既往结果差异较大，主诊医师要求复核",
        ],
        "unforeseeable" => &["样本情况存疑，无法排除干扰，予以复查"],
        _ => &["原报告信息不全，难以满足本次诊疗需要", "随访方案要求在本院同一方法下复查", "会诊意见建议复查"],
    }
}

/// How often a reason is given against the others. Those that a city has added and nobody here knows are rare.
pub fn weight(reason: &str) -> f64 {
    match reason {
        "condition-changed" => 0.30,
        "changes-fast" | "major-measure" | "patient-asks" => 0.12,
        "attending-doctor" => 0.08,
        "other" => 0.06,
        "emergency" | "assessment-failed" | "unforeseeable" => 0.02,
        "appraisal" => 0.005,
        // Said of old results only.
        "too-old" => 0.0,
        _ => 0.01,
    }
}
