//! Direct connections, load balancers, SRV records and monitoring.

use bson::{Bson, doc};

use super::super::ErrorClass;
use super::{assert_error, error, error_with, resolve, resolved, with_options};

#[test]
fn requires_one_host_for_a_direct_connection() {
    assert!(resolve("mongodb://h/?directConnection=true").topology.direct);
    let hosts = error("mongodb://a,b/?directConnection=true");
    assert_error(&hosts, ErrorClass::Parse, "exactly one host");
    let srv = error("mongodb+srv://a.b.c/?directConnection=true");
    assert_error(&srv, ErrorClass::Api, "mongodb+srv");
}

#[test]
fn rejects_a_load_balancer_with_what_contradicts_it() {
    for (uri, part) in [
        ("mongodb://a,b/?loadBalanced=true", "several hosts"),
        ("mongodb://h/?loadBalanced=true&replicaSet=r", "replicaSet"),
        ("mongodb://h/?loadBalanced=true&directConnection=true", "directConnection"),
        ("mongodb+srv://a.b.c/?loadBalanced=true&srvMaxHosts=1", "srvMaxHosts"),
    ] {
        assert_error(&error(uri), ErrorClass::Parse, part);
    }
    let options = error_with("mongodb://h", doc! { "loadBalanced": true });
    assert_error(&options, ErrorClass::Parse, "connection string only");
}

#[test]
fn resolves_an_srv_record_without_looking_it_up() {
    let config = resolve("mongodb+srv://Cluster.Example.com/db?srvServiceName=x&srvMaxHosts=2");
    let srv = config.topology.srv.as_ref().expect("has an SRV record");
    assert_eq!(srv.host, "cluster.example.com");
    assert_eq!((srv.service_name.as_str(), srv.max_hosts), ("x", 2));
    assert_eq!(resolved(&config, "srvHost"), Bson::from("cluster.example.com"));
    assert_eq!(resolved(&config, "hosts"), Bson::Array(vec![]));
}

#[test]
fn rejects_srv_options_without_an_srv_record() {
    for name in ["srvMaxHosts=1", "srvServiceName=x", "srvAllowedHostsSuffix=x.y"] {
        let error = error(&format!("mongodb://h/?{name}"));
        assert_error(&error, ErrorClass::Parse, "not mongodb+srv");
    }
    let max = error("mongodb+srv://a.b.c/?srvMaxHosts=1&replicaSet=r");
    assert_error(&max, ErrorClass::Parse, "replicaSet");
    let suffix = error("mongodb+srv://a.b.c/?srvAllowedHostsSuffix=x.y");
    assert_error(&suffix, ErrorClass::Compatibility, "srvAllowedHostsSuffix");
}

#[test]
fn reads_how_servers_are_monitored() {
    let config = with_options("mongodb://h", doc! { "serverMonitoringMode": "poll" });
    assert_eq!(resolved(&config, "serverMonitoringMode"), Bson::from("poll"));
    let error = error("mongodb://h/?serverMonitoringMode=fast");
    assert_error(&error, ErrorClass::Parse, "auto, poll, stream");
}

#[test]
fn lists_hosts_as_the_driver_does() {
    let config = resolve("mongodb://a,[::1]:2,%2Ftmp%2Fm.sock");
    let expected = Bson::from(vec![
        doc! { "host": "a", "port": 27017, "isIPv6": false },
        doc! { "host": "::1", "port": 2, "isIPv6": true },
        doc! { "socketPath": "/tmp/m.sock" },
    ]);
    assert_eq!(resolved(&config, "hosts"), expected);
}
