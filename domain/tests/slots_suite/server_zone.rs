//! The zone of the machine changes nothing.

use std::process::Command;

#[test]
fn the_worked_cases_hold_whatever_zone_the_server_lives_in() {
    let this = std::env::current_exe().unwrap();
    for zone in ["Pacific/Apia", "America/St_Johns", "Asia/Kolkata", "Nowhere/AtAll"] {
        let run = Command::new(&this).arg("worked_cases::").env("TZ", zone).output().unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("6 passed"), "TZ={zone}: {said}");
    }
}
