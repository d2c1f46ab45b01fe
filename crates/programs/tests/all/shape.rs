//! All programs have one shape.

use programs::PROGRAMS;

#[test]
fn names_are_unique_and_said_in_both_languages() {
    for (nth, program) in PROGRAMS.iter().enumerate() {
        assert!(!PROGRAMS[..nth].iter().any(|before| before.name == program.name), "{} twice", program.name);
        assert!(!program.title.zh.is_empty() && !program.title.en.is_empty());
        for operation in program.operations {
            assert!(!operation.roles.is_empty(), "{}/{} is for nobody", program.name, operation.name);
            assert_ne!(operation.name, "lists", "this path is taken");
        }
        for list in program.lists {
            assert!(!list.roles.is_empty() && !list.columns.is_empty(), "{}/{}", program.name, list.name);
            for filter in list.filters {
                assert!(!["q", "sort", "page", "count", "format"].contains(&filter.key), "{}", filter.key);
            }
        }
    }
}

#[test]
fn a_cursor_and_a_space_belong_to_one_reaction() {
    let reactions = programs::reactions();
    for (nth, reaction) in reactions.iter().enumerate() {
        for before in &reactions[..nth] {
            assert_ne!(before.name, reaction.name);
            assert!(!before.spaces.iter().any(|space| reaction.spaces.contains(space)), "{}", reaction.name);
        }
    }
}

#[test]
fn reactions_come_after_others_that_run_and_never_in_a_circle() {
    let reactions = programs::reactions();
    for reaction in &reactions {
        for after in reaction.after {
            assert!(reactions.iter().any(|other| other.name == *after), "{} comes after `{after}`", reaction.name);
        }
    }
    assert_eq!(runtime::reactions::in_order(&reactions).unwrap().len(), reactions.len());
}
