//! The binary `jingluo`: one executable, its roles are subcommands. Only this crate reads the environment and
//! configuration files.

mod args;
mod bench;
mod check;
mod commands;
mod demo;
mod engine;
mod generate;
mod house;
mod log;
mod orders;
mod owner;
mod say;
mod serve;
mod settings;

use args::Usage;
use mimalloc::MiMalloc;
use std::process::ExitCode;

/// It takes the place of the C library's, which the database uses, as well.
#[global_allocator]
static MEMORY: MiMalloc = MiMalloc;

const HELP: &str = "\
jingluo – shared health services of a city on one FHIR R4 record (经络：区域健康服务平台)

Usage: jingluo COMMAND [OPTIONS]

  serve     run the server on a data folder                (启动服务)
  demo      run a demonstration with example data          (演示)
  import    bring FHIR files into the record               (导入)
  city      make a synthetic city                          (生成虚构城市)
  admin     accounts, tokens, backup, restore, settings    (管理)
  engine    run a method engine on files, without a record (单独运行方法引擎)
  check     check a data folder, or the programs' decisions (检查)
  bench     make input and load for measurements           (测量)

`jingluo COMMAND --help` tells the options of a command. `jingluo --version` tells the version.
";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    let ended = match command.as_str() {
        "serve" => commands::serve::run(rest),
        "demo" => commands::demo::run(rest),
        "import" => commands::import::run(rest),
        "city" => commands::city::run(rest),
        "admin" => commands::admin::run(rest),
        "check" => commands::check::run(rest),
        "engine" => engine::run(rest),
        "bench" => bench::run(rest),
        "" | "help" | "--help" | "-h" => {
            say::text(HELP);
            Ok(ExitCode::SUCCESS)
        }
        "--version" | "-V" => {
            say::line(&format!("jingluo {}", env!("CARGO_PKG_VERSION")));
            Ok(ExitCode::SUCCESS)
        }
        other => Err(Usage(format!("there is no command `{other}`; `jingluo --help` lists them")).into()),
    };
    ended.unwrap_or_else(|error| {
        say::problem(&format!("{error:#}"));
        if error.is::<Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
    })
}
