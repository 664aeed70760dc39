// SPDX-License-Identifier: Apache-2.0
//
// The public Negentropy harness protocol (see ../negentropy-harness.c) over the Rust implementation.
use negentropy::{Id, Negentropy, NegentropyStorageVector};
use std::io::{self, BufRead, Write};

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex"))
        .collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{:02x}", b)).collect()
}

fn main() {
    let limit: u64 = std::env::var("FRAMESIZELIMIT").map_or(0, |v| v.parse().expect("limit"));
    let mut lines = io::stdin().lock().lines();
    let mut out = io::BufWriter::new(io::stdout());
    let mut storage = NegentropyStorageVector::new();

    for line in &mut lines {
        let line = line.expect("input");
        let fields: Vec<&str> = line.split(',').collect();
        match fields[0] {
            "item" => storage
                .insert(
                    fields[1].parse().expect("created"),
                    Id::from_slice(&from_hex(fields[2])).expect("id"),
                )
                .expect("insert"),
            "seal" => break,
            other => panic!("unexpected {}", other),
        }
    }
    storage.seal().expect("seal");
    let mut ne = Negentropy::borrowed(&storage, limit).expect("limit");

    for line in lines {
        let line = line.expect("input");
        if line == "initiate" {
            writeln!(out, "msg,{}", to_hex(&ne.initiate().expect("initiate"))).unwrap();
        } else if let Some(hex) = line.strip_prefix("msg,") {
            let message = from_hex(hex);
            if ne.is_initiator() {
                let (mut have, mut need) = (Vec::new(), Vec::new());
                let reply = ne
                    .reconcile_with_ids(&message, &mut have, &mut need)
                    .expect("reconcile");
                for id in &have {
                    writeln!(out, "have,{}", to_hex(&id[..])).unwrap();
                }
                for id in &need {
                    writeln!(out, "need,{}", to_hex(&id[..])).unwrap();
                }
                match reply {
                    Some(message) => writeln!(out, "msg,{}", to_hex(&message)).unwrap(),
                    None => writeln!(out, "done").unwrap(),
                }
            } else {
                let reply = ne.reconcile(&message).expect("reconcile");
                writeln!(out, "msg,{}", to_hex(&reply)).unwrap();
            }
        } else {
            panic!("unexpected {}", line);
        }
        out.flush().unwrap();
    }
}
