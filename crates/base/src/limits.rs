//! Every limit of the platform that a caller can reach, with its name and its reason.
//! `docs/configuration.md` is generated from the settings in `app`; these are fixed.

/// Bytes of one resource that is stored on its own; the largest R4 example, a Bundle, has 34 MiB.
pub const RESOURCE_BYTES_MAX: usize = 48 << 20;
/// Bytes of one request body (a Bundle holds many resources).
pub const BODY_BYTES_MAX: usize = 64 << 20;
/// Depth of nesting in a resource; the deepest R4 example has 22.
pub const JSON_DEPTH_MAX: usize = 100;
/// Values (objects, arrays, primitives) in one JSON document; bounds the memory of a parse.
pub const JSON_NODES_MAX: usize = 4_000_000;
/// Characters of a FHIR id.
pub const ID_CHARS_MAX: usize = 64;
/// Problems told of one bad input; more are counted, not listed.
pub const ISSUES_MAX: usize = 50;
/// Entries of one transaction or batch.
pub const BUNDLE_ENTRIES_MAX: usize = 20_000;
/// Bytes of a string that are indexed for search; the rest is stored but not searched.
pub const INDEX_TEXT_BYTES_MAX: usize = 256;
/// Index values of one resource; a definition with more is stored and indexed up to here (and says so in the log).
pub const INDEX_VALUES_MAX: usize = 20_000;
/// Entries of a page unless `_count` says otherwise, and at most.
pub const PAGE_ENTRIES_DEFAULT: usize = 50;
pub const PAGE_ENTRIES_MAX: usize = 1_000;
/// Resources added to one page by `_include` and `_revinclude`.
pub const INCLUDES_MAX: usize = 2_000;
/// Criteria of one search and values of one OR list.
pub const CRITERIA_MAX: usize = 64;
pub const OR_VALUES_MAX: usize = 10_000;
/// Comparisons that the criteria of one search may come to: values times paths times types.
pub const SEARCH_MATCHES_MAX: usize = 20 * OR_VALUES_MAX;
/// References that one chain may follow, forwards (`a.b.c`) and backwards (`_has`).
pub const CHAIN_DEPTH_MAX: usize = 8;
/// References that all chains of a search may follow, counted once for each type that they can mean.
pub const CHAIN_WAYS_MAX: usize = 600;
/// Depth of brackets and tests of one `_filter`.
pub const FILTER_DEPTH_MAX: usize = 32;
pub const FILTER_TESTS_MAX: usize = 256;
/// Alternatives that a text search (`_text`, `_content`) may come to.
pub const TEXT_WAYS_MAX: usize = 64;
/// Rules of `_include` and `_revinclude`; `_revinclude=*` is one for each type.
pub const INCLUDE_RULES_MAX: usize = 200;
/// Targets that an inner search of a chain may find.
pub const CHAIN_TARGETS_MAX: usize = 5_000;
/// Resources that a search may collect to sort them by a value.
pub const SORT_ROWS_MAX: usize = 20_000;
/// Rows that one search page may look at before it gives up as too costly.
pub const SEARCH_ROWS_MAX: u64 = 2_000_000;
/// Searches and histories at work at once on threads of their own. It is less than the store has readers, so that short
/// work always finds one.
pub const SEARCHES_MAX: usize = 6;
/// How many of these one account may hold, and how many more may wait; beyond that its searches are answered `busy`.
pub const SEARCHES_OF_ONE_MAX: usize = 4;
pub const SEARCHES_WAITING_OF_ONE_MAX: usize = 64;
/// Milliseconds in which a search that is expected to be short has to be done; then it starts again as a long one.
pub const SHORT_SEARCH_MILLIS_MAX: u64 = 5;
/// Milliseconds after which a question for cards is answered "not known" (CDS Hooks recommends an answer within 500 ms).
pub const HOOK_MILLIS_MAX: u64 = 500;
/// Seconds that one request may work.
pub const REQUEST_SECONDS_MAX: u64 = 30;
/// Batches waiting for the writer, and their bytes in memory; more are answered `busy`. One account may fill three
/// quarters of it.
pub const WRITE_QUEUE_MAX: usize = 1_024;
pub const WRITE_QUEUE_BYTES_MAX: usize = 256 << 20;
/// Batches, changes and bytes of one commit group.
pub const GROUP_BATCHES_MAX: usize = 512;
pub const GROUP_CHANGES_MAX: usize = 8_192;
pub const GROUP_BYTES_MAX: usize = 32 << 20;
/// A batch with more changes or bytes is carried out in a group of its own and takes turns with groups of ordinary ones.
pub const LARGE_BATCH_CHANGES: usize = 1_000;
pub const LARGE_BATCH_BYTES: usize = 8 << 20;
/// Index rows that wait to be written together (about a twelfth as many resources).
pub const INDEX_RUN_ROWS: usize = 200_000;
/// Bytes of the feed's end that are held in memory for the reactions.
pub const FEED_TAIL_BYTES_MAX: usize = 32 << 20;
/// Read audits waiting for the disk; more reads are answered `busy`.
pub const AUDIT_QUEUE_MAX: usize = 100_000;
/// Milliseconds in which a read's audit row is on disk.
pub const AUDIT_FLUSH_MILLIS: u64 = 50;
/// Bytes of disk below which writes are refused so that reads can still be audited.
pub const DISK_RESERVE_BYTES: u64 = 256 << 20;
/// Times that a use case plans again after a conflict.
pub const REPLANS_MAX: usize = 8;
/// Codes of one value set while it is put together; a search takes as many as one OR list (`OR_VALUES_MAX`).
pub const EXPANSION_CODES_MAX: usize = 100_000;
/// Resources that one `$everything` shows without pages.
pub const EVERYTHING_ENTRIES_MAX: usize = 10_000;
/// Observations of one patient that `$lastn` compares.
pub const LASTN_OBSERVATIONS_MAX: usize = 20_000;
