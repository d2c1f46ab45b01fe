//! What doctors do with an offer. Most results are recognised; some hospitals never do it, the results of one are often refused,
//! and doctors differ. Drawn from the seed of the city and the card, so that it does not matter when or in which order
//! is asked.

use super::words::{explanations, weight};
use city::{City, Institution, InstitutionKind, Minute, Rng, stream};
use runtime::cards::Reason;

/// Of offers at an institution that recognises at all, before what doctor and result add.
const RECOGNISED: f64 = 0.86;
/// Of those that are not recognised: closed without a choice, and left as they are.
const CLOSED: f64 = 0.16;
const LEFT: f64 = 0.18;
/// An image is recognised a little less often than a laboratory result.
const LESS_FOR_IMAGES: f64 = 0.06;
/// How often a result of the doubted hospital is recognised against any other's.
const DOUBTED: f64 = 0.45;
/// How much doctors differ at most.
const DOCTORS_DIFFER: f64 = 0.12;
/// Share of its window after which a result is said to be old.
const OLD: f64 = 0.6;

/// The habits of a city.
pub struct Habits {
    seed: u64,
    /// Ids of the institutions where nobody ever recognises anything.
    never: Vec<String>,
    /// Id of the hospital whose results are often refused elsewhere.
    doubted: Option<String>,
    /// Id of the hospital of the demonstration's doctor.
    pub home: Option<String>,
}

/// An offer as a doctor meets it.
pub struct Met<'a> {
    pub card: &'a str,
    pub institution: &'a str,
    pub doctor: &'a str,
    /// Id of the institution whose result it is.
    pub origin: &'a str,
    /// Age of the result as a part of its window.
    pub age: f64,
    pub is_image: bool,
    /// For what may be ordered anyway.
    pub reasons: &'a [Reason],
}

/// What becomes of an offer; minutes are counted from the question.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// When the viewer is opened, if it is.
    pub opened: Option<Minute>,
    pub choice: Option<(Minute, Choice)>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    Recognise,
    OrderAnyway { reason: String, explanation: &'static str, told_patient: bool },
    Dismiss,
}

impl Habits {
    pub fn of(city: &City) -> Habits {
        let institutions = &city.places.institutions;
        let mut hospitals: Vec<&Institution> = institutions.iter().filter(|one| one.is_hospital()).collect();
        // The hospital of the demonstration's doctor stays an ordinary one.
        let home = institutions.iter().find(|one| one.kind == InstitutionKind::GeneralHospital);
        hospitals.retain(|one| home.is_none_or(|home| home.id != one.id));
        hospitals.sort_by(|one, other| other.weight.total_cmp(&one.weight).then_with(|| one.id.cmp(&other.id)));
        // A large hospital is doubted, the others know its results; the smallest of each dozen never recognises.
        let doubted = hospitals.first().map(|one| one.id.clone());
        let never = hospitals.iter().rev().take(1 + hospitals.len() / 12).map(|one| one.id.clone());
        Habits { seed: city.settings.seed, never: never.collect(), doubted, home: home.map(|home| home.id.clone()) }
    }

    pub fn reply(&self, met: &Met<'_>) -> Reply {
        let mut rng = self.draws(met.card);
        let is_doubted = self.doubted.as_deref() == Some(met.origin) && met.institution != met.origin;
        let recognised = if self.never.iter().any(|id| id == met.institution) {
            0.0
        } else {
            let by_doctor = DOCTORS_DIFFER * (self.draws(met.doctor).unit() - 0.5);
            let by_result = if met.is_image { -LESS_FOR_IMAGES } else { 0.0 };
            (RECOGNISED + by_doctor + by_result) * if is_doubted { DOUBTED } else { 1.0 }
        };
        // Drawn in any case, so that one draw does not move the next.
        let (drawn, other, after) = (rng.unit(), rng.unit(), rng.between(2, 9));
        let opened = rng.unit();
        let refusal = self.refusal(met, is_doubted, &mut rng);
        let choice = match () {
            () if drawn < recognised => Some(Choice::Recognise),
            () if other < CLOSED => Some(Choice::Dismiss),
            () if other < CLOSED + LEFT => None,
            () => refusal,
        };
        // Who looks closely decides; who closes has rarely looked.
        let looks = match &choice {
            Some(Choice::Recognise) => 0.55,
            Some(Choice::OrderAnyway { .. }) => 0.70,
            Some(Choice::Dismiss) | None => 0.10,
        };
        Reply { opened: (opened < looks).then_some(1), choice: choice.map(|choice| (after, choice)) }
    }

    /// Why somebody orders anyway; none where the list is empty.
    fn refusal(&self, met: &Met<'_>, is_doubted: bool, rng: &mut Rng) -> Option<Choice> {
        let weigh = |reason: &Reason| match reason.code.as_str() {
            "too-old" if met.age > OLD => 0.35,
            "assessment-failed" | "attending-doctor" if is_doubted => 0.30,
            code => weight(code),
        };
        let weights: Vec<f64> = met.reasons.iter().map(weigh).collect();
        let reason = met.reasons.get(rng.by_weight(&weights))?;
        let explanation = rng.pick(explanations(&reason.code));
        Some(Choice::OrderAnyway { reason: reason.code.clone(), explanation, told_patient: rng.chance(0.93) })
    }

    /// The draws that belong to a text.
    pub fn draws(&self, text: &str) -> Rng {
        // FNV-1a.
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Rng::of(self.seed, stream::RECOGNITION, hash)
    }
}
