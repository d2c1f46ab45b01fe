//! Sorts in the order of an index and of what is collected, several types as one page, and pages in both directions.

use crate::harness::{House, put, search, user};
use base::{Kind, Role};
use store::{Batch, Expect, SearchPage};

const PATIENTS: usize = 700;

/// Enough of a type that a sort is read from its index rather than collected. Every seventh Patient has no birth date,
/// every eleventh no name.
fn town() -> House {
    let house = House::new();
    for chunk in 0..PATIENTS / 100 {
        let mut writes = Vec::new();
        for nth in chunk * 100..(chunk + 1) * 100 {
            let scattered = nth * 37 % PATIENTS;
            let name = match nth % 11 {
                0 => String::new(),
                _ => format!(
                    r#","name":[{{"family":"F{:04}","given":["G{}"]}},{{"family":"Z{nth}"}}]"#,
                    scattered,
                    nth % 5
                ),
            };
            let born = match nth % 7 {
                0 => String::new(),
                _ => format!(r#","birthDate":"{}-0{}-11""#, 1930 + scattered % 60, 1 + nth % 9),
            };
            let gender = ["male", "female", "other"][nth % 3];
            let patient = format!(
                r#"{{"resourceType":"Patient","id":"p{nth}","gender":"{gender}","identifier":[{{"system":"urn:i","value":"{scattered}"}}]{name}{born}}}"#
            );
            let observation = format!(
                r#"{{"resourceType":"Observation","id":"o{nth}","status":"final","code":{{"coding":[{{"system":"urn:c","code":"k{}"}}]}},"subject":{{"reference":"Patient/p{nth}"}},"effectiveDateTime":"20{:02}-02-03","valueQuantity":{{"value":{scattered}.5,"unit":"x"}}}}"#,
                nth % 20,
                nth % 13
            );
            writes.extend([put(&patient, Expect::Any).unwrap(), put(&observation, Expect::Any).unwrap()]);
        }
        house.store.write(&house.cx, Batch { writes, ..Batch::default() }).unwrap();
        house.tick();
    }
    house
}

fn ids(page: &SearchPage) -> Vec<String> {
    page.matches.iter().map(|found| found.id.clone()).collect()
}

const ORDERS: [&str; 26] = [
    "Patient?_sort=family",
    "Patient?_sort=-family",
    "Patient?_sort=birthdate",
    "Patient?_sort=-birthdate",
    "Patient?_sort=gender",
    "Patient?_sort=-gender",
    "Patient?_sort=identifier",
    "Patient?_sort=gender,-birthdate",
    "Patient?_sort=-birthdate,family",
    "Patient?_sort=_lastUpdated",
    "Patient?_sort=-_lastUpdated",
    "Patient?_sort=_id",
    "Patient?gender=male&_sort=-name",
    "Patient?birthdate=ge1950&_sort=family",
    "Patient?birthdate:missing=true&_sort=family",
    "Patient?name=g",
    "Patient?birthdate=ge1940&birthdate=lt1970&gender=female,other",
    "Patient",
    "Observation?_sort=date",
    "Observation?_sort=-date",
    "Observation?_sort=-date,_id",
    "Observation?_sort=-value-quantity",
    "Observation?_sort=code,date",
    "Observation?code=k1,k2,k3&_sort=-date",
    "Observation?code=k0,k1,k2,k3,k4,k5,k6,k7,k8,k9,k10,k11,k12,k13,k14,k15,k16,k17,k18",
    "Observation?patient.gender=male&_sort=date",
];

#[test]
fn pages_lead_forwards_and_backwards_over_the_same_order() {
    let house = town();
    for query in ORDERS {
        let mut asked = search(query).unwrap();
        asked.count = Some(1_000);
        let whole = ids(&house.store.search(&house.cx, &asked).unwrap());
        assert!(whole.len() > 90, "{query} finds {}", whole.len());
        asked.count = Some(83);
        let (mut forwards, mut last) = (Vec::new(), None);
        let mut first = true;
        loop {
            let page = house.store.search(&house.cx, &asked).unwrap();
            assert_eq!(page.previous.is_none(), first, "{query}: a page before the first");
            assert_eq!(page.last.is_some(), page.next.is_some(), "{query}");
            forwards.extend(ids(&page));
            last = page.last.or(last);
            first = false;
            match page.next {
                Some(next) => asked.page = Some(next),
                None => break,
            }
        }
        let mut sorted = (whole.clone(), forwards.clone());
        sorted.0.sort();
        sorted.1.sort();
        assert_eq!(sorted.0, sorted.1, "{query}: the pages hold everything once");
        if query.contains("_sort") {
            assert_eq!(forwards, whole, "{query}: the order does not depend on the pages");
        }
        let mut backwards: Vec<String> = Vec::new();
        asked.page = last;
        loop {
            let page = house.store.search(&house.cx, &asked).unwrap();
            backwards = [ids(&page), backwards].concat();
            match page.previous {
                Some(previous) => asked.page = Some(previous),
                None => break,
            }
        }
        assert_eq!(backwards, forwards, "{query}: backwards");
    }
}

#[test]
fn a_sort_is_in_order_with_what_has_no_value_at_the_end() {
    let house = town();
    let keys = |query: &str, place: &[&str]| -> Vec<Option<String>> {
        let mut asked = search(query).unwrap();
        asked.count = Some(1_000);
        let found = house.store.search(&house.cx, &asked).unwrap().matches;
        assert_eq!(found.len(), PATIENTS, "{query}");
        let at = |stored: &store::Stored| {
            let resource = stored.resource().unwrap();
            let mut values: Vec<String> = resource
                .root()
                .path(&place.join("."))
                .filter_map(|one| one.str().map(|text| text.into_owned()))
                .collect();
            values.sort();
            if query.contains("=-") { values.pop() } else { values.into_iter().next() }
        };
        found.iter().map(at).collect()
    };
    for (query, place) in [
        ("Patient?_sort=family", &["name", "family"][..]),
        ("Patient?_sort=-family", &["name", "family"]),
        ("Patient?_sort=birthdate", &["birthDate"]),
        ("Patient?_sort=-birthdate", &["birthDate"]),
        ("Patient?_sort=gender", &["gender"]),
        ("Patient?_sort=-gender,birthdate", &["gender"]),
        ("Observation?_sort=date", &["effectiveDateTime"]),
        ("Observation?_sort=-code,date", &["code.coding", "code"]),
    ] {
        let found = keys(query, place);
        let there: Vec<&String> = found.iter().map_while(Option::as_ref).collect();
        assert!(found[there.len()..].iter().all(Option::is_none), "{query}: what has none comes last");
        let in_order = |pair: &[&String]| if query.contains("=-") { pair[0] >= pair[1] } else { pair[0] <= pair[1] };
        assert!(there.windows(2).all(in_order), "{query}: {there:?}");
    }
}

#[test]
fn several_types_are_one_page() {
    let house = town();
    let both = |sort: &str, count: usize| {
        let mut searches: Vec<_> =
            ["Patient", "Observation"].map(|name| search(&format!("{name}?{sort}")).unwrap()).into_iter().collect();
        searches[0].count = Some(count);
        searches
    };
    for sort in ["", "_sort=_lastUpdated", "_sort=-_lastUpdated", "_sort=_id"] {
        let whole = ids(&house.store.search_each(&house.cx, &both(sort, 1_000)).unwrap());
        assert_eq!(whole.len(), 1_000, "{sort}");
        let mut asked = both(sort, 190);
        let (mut forwards, mut last) = (Vec::new(), None);
        loop {
            let page = house.store.search_each(&house.cx, &asked).unwrap();
            forwards.extend(ids(&page));
            last = page.last.or(last);
            match page.next {
                Some(next) => asked[0].page = Some(next),
                None => break,
            }
        }
        assert_eq!(forwards.len(), 2 * PATIENTS, "{sort}");
        assert_eq!(forwards[..1_000], whole, "{sort}");
        let mut backwards: Vec<String> = Vec::new();
        asked[0].page = last;
        loop {
            let page = house.store.search_each(&house.cx, &asked).unwrap();
            backwards = [ids(&page), backwards].concat();
            match page.previous {
                Some(previous) => asked[0].page = Some(previous),
                None => break,
            }
        }
        assert_eq!(backwards, forwards, "{sort}: backwards");
    }
    let mut counted = both("", 0);
    assert_eq!(house.store.search_each(&house.cx, &counted).unwrap().total, Some(2 * PATIENTS as u64));
    counted[0] = search("Patient?_sort=family").unwrap();
    assert_eq!(house.store.search_each(&house.cx, &counted).unwrap_err().kind, Kind::Unsupported);
    // A link of one search is none of another.
    let mut other = both("_sort=_id", 190);
    other[0].page = house.store.search_each(&house.cx, &both("", 190)).unwrap().next;
    assert_eq!(house.store.search_each(&house.cx, &other).unwrap_err().kind, Kind::Invalid);
}

#[test]
fn an_explanation_tells_what_drove_and_what_it_cost() {
    let house = town();
    let told = |query: &str| {
        let mut asked = search(query).unwrap();
        asked.explain = true;
        house.store.search(&house.cx, &asked).unwrap().explain.join("\n")
    };
    let by_code = told("Observation?code=k1&date=ge2005&date=lt2008");
    assert!(by_code.contains("`code` drives") && by_code.contains("pushed into the key"), "{by_code}");
    assert!(by_code.contains("bodies read to check: 0"), "{by_code}");
    let by_birth = told("Patient?birthdate=ge1950&birthdate=lt1951&gender=female");
    assert!(by_birth.contains("`birthdate` drives") && by_birth.contains("bodies read to check: 0"), "{by_birth}");
    assert!(told("Patient?_sort=family").contains("the index of `family` was read in its order"));
    assert!(told("Patient?birthdate=1950&_sort=family").contains("collected to sort them by `family`"));
    let mut asked = search("Patient").unwrap();
    assert!(house.store.search(&house.cx, &asked).unwrap().explain.is_empty());
    asked.explain = true;
    for role in [Role::Clinician, Role::Resident, Role::Officer] {
        assert_eq!(house.store.search(&user(role, "h"), &asked).unwrap_err().kind, Kind::Forbidden);
    }
}

#[test]
fn includes_go_on_to_what_was_included() {
    let house = House::new();
    for json in [
        r#"{"resourceType":"Organization","id":"top","name":"市"}"#,
        r#"{"resourceType":"Organization","id":"middle","name":"区","partOf":{"reference":"Organization/top"}}"#,
        r#"{"resourceType":"Organization","id":"low","name":"院","partOf":{"reference":"Organization/middle"}}"#,
        r#"{"resourceType":"Patient","id":"a","managingOrganization":{"reference":"Organization/low"}}"#,
        r#"{"resourceType":"Patient","id":"b"}"#,
        r#"{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/a"}}"#,
        r#"{"resourceType":"Encounter","id":"f","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/b"}}"#,
    ] {
        house.put(json);
    }
    let included = |cx: &base::Cx, query: &str| {
        let page = house.page(cx, query).unwrap();
        let mut found: Vec<String> = page.included.iter().map(|one| one.id.clone()).collect();
        found.sort();
        found
    };
    let all = "Encounter?_include=Encounter:subject&_include:iterate=Patient:organization&_include:iterate=Organization:partof";
    assert_eq!(included(&house.cx, all), ["a", "b", "low", "middle", "top"]);
    assert_eq!(included(&house.cx, "Encounter?_include=*"), ["a", "b"]);
    let back = "Organization?_id=top&_revinclude:iterate=Organization:partof&_revinclude:iterate=Patient:organization&_revinclude:iterate=Encounter:subject";
    assert_eq!(included(&house.cx, back), ["a", "e", "low", "middle"]);
    // A clinician of one institution follows the same links and meets nobody else.
    let clinician = user(Role::Clinician, "low");
    assert_eq!(included(&clinician, all), ["a", "low", "middle", "top"]);
    assert_eq!(included(&clinician, back), ["a", "e", "low", "middle"]);
    assert!(included(&user(Role::Clinician, "middle"), "Patient?_id=b&_revinclude=Encounter:subject").is_empty());
}
