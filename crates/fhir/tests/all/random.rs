//! The parser under random input: it never panics, and what it reads it writes back the same.

use fhir::{Limits, parse, parse_trusted};
use proptest::prelude::*;

/// Any JSON value, as text with odd white space.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
            prop::collection::btree_map(".{0,8}", inner, 0..5)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes, &Limits::default());
    }

    #[test]
    fn json_like_texts_are_refused_exactly_where_they_are_no_json(text in r#"[\[\]{}":,0-9eE.+\-tfn \\u\n"a]{0,40}"#) {
        let ours = parse(text.as_bytes(), &Limits::default());
        let no_json = |text: &str| text.contains("not JSON") || text.contains("is empty; send one");
        let refused = ours.as_ref().err().is_some_and(|error| no_json(error.text()));
        prop_assert_eq!(refused, serde_json::from_str::<serde_json::Value>(&text).is_err(), "{}", text);
    }

    #[test]
    fn a_changed_resource_never_panics(at in 0_usize..400, byte in any::<u8>()) {
        let mut text = include_bytes!("../given/accepted.txt").to_vec();
        let place = at * text.len() / 400;
        text[place] = byte;
        for line in text.split(|byte| *byte == b'\n') {
            let _ = parse(line, &Limits::default());
        }
    }

    #[test]
    fn what_is_read_is_written_the_same(value in any_json()) {
        let text = format!(" {{ \"resourceType\" :\t\"Patient\" , \"x\" : {} }}", serde_json::to_string_pretty(&value).unwrap());
        let resource = parse_trusted(text.clone().into_bytes()).unwrap();
        let ours: serde_json::Value = serde_json::from_slice(&resource.to_json()).unwrap();
        let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(ours, theirs);
        let again = parse_trusted(resource.to_json()).unwrap();
        prop_assert_eq!(again.to_json(), resource.to_json());
        let _ = parse(text.as_bytes(), &Limits::default());
    }
}
