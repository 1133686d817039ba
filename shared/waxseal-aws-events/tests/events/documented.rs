//! Golden inputs: the examples of AWS's documentation, with other names and ids.

use serde_json::json;
use waxseal::Message;
use waxseal_aws_events::{
    account, cloudtrail::ApiCall, cloudwatch, codepipeline, ec2, ecs, lambda, region, resources, s3,
    s3_notification, scheduler,
};

use crate::support::{Deployed, golden, notification, sqs};

/// Has each event of `name` handled on every way that it may take.
fn handled<M: Message + Clone + PartialEq + std::fmt::Debug>(
    name: &str,
    look: impl Fn(&waxseal::Envelope<M>),
) {
    let event = golden(name);
    let in_topic = notification(&event).to_string();
    let ways = [event.clone(), sqs("m1", &event, &json!({})), sqs("m2", &in_topic, &json!({}))];
    for way in ways {
        let (deployed, seen) = Deployed::keeping::<M>();
        deployed.succeeds(way);
        seen.one(|event| {
            assert_eq!((&*event.name, event.version), (M::NAME, M::VERSION));
            look(event);
            let json = serde_json::to_string(&event.data).unwrap();
            assert_eq!(serde_json::from_str::<M>(&json).unwrap(), event.data, "what is written is read back");
        });
    }
}

#[test]
fn s50_objects_that_are_created_and_deleted() {
    handled::<s3::Created>("s3-object-created", |event| {
        assert_eq!((&*event.source, &*event.id), ("aws.s3", "17793124-05d4-b198-2fde-7ededc63b103"));
        assert_eq!(event.timestamp.to_string(), "2026-11-12T00:00:00Z");
        let s3::Created { bucket, object, reason, .. } = &event.data;
        assert_eq!((&*bucket.name, &*object.key, object.size), ("uploads", "example-key", Some(5)));
        assert_eq!(reason, &Some(s3::Reason::PutObject));
        assert_eq!(resources(event).collect::<Vec<_>>(), ["arn:aws:s3:::uploads"]);
        assert_eq!((account(event), region(event)), (Some("111122223333"), Some("eu-west-1")));
    });
    handled::<s3::Deleted>("s3-object-deleted", |event| {
        assert_eq!(event.data.deletion_type, Some(s3::Deletion::MarkerCreated));
        assert_eq!(event.data.object.sequencer.as_deref(), Some("617f0837b476e463"));
    });
    handled::<s3::Deleted>("s3-object-expired", |event| {
        assert_eq!(event.data.reason, Some(s3::Reason::LifecycleExpiration));
        assert_eq!(event.data.source_ip_address, None);
    });
}

#[test]
fn s50_a_notification_of_s3() {
    let event = golden("s3-notification");
    for way in [
        event.clone(),
        sqs("m1", &event, &json!({})),
        sqs("m2", &notification(&event).to_string(), &json!({})),
    ] {
        let (deployed, seen) = Deployed::keeping::<s3_notification::Created>();
        deployed.succeeds(way);
        seen.one(|event| {
            let s3_notification::Created(record) = &event.data;
            assert_eq!((&*record.event_name, &*record.s3.object.key), ("ObjectCreated:Put", "HappyFace.jpg"));
            assert_eq!((&*event.source, event.timestamp.as_second()), ("aws:s3", 0));
        });
    }
}

#[test]
fn s50_schedules_of_two_owners_have_one_name() {
    handled::<scheduler::ScheduleDue>("schedule", |event| {
        let schedule = "arn:aws:scheduler:eu-west-1:111122223333:schedule/default/nightly";
        assert_eq!(resources(event).collect::<Vec<_>>(), [schedule]);
    });
    handled::<scheduler::RuleDue>("scheduled-rule", |event| assert_eq!(event.source, "aws.events"));
}

#[test]
fn s50_alarms_tasks_instances_and_pipelines() {
    handled::<cloudwatch::AlarmStateChanged>("cloudwatch-alarm", |event| {
        let alarm = &event.data;
        assert_eq!(
            (&*alarm.alarm_name, &alarm.state.value),
            ("ServerCpuTooHigh", &cloudwatch::AlarmValue::Alarm)
        );
        assert_eq!(alarm.previous_state.as_ref().unwrap().value, cloudwatch::AlarmValue::Ok);
        assert_eq!(alarm.configuration.as_ref().unwrap().metrics[0]["metricStat"]["period"], 300);
    });
    handled::<ecs::TaskStateChanged>("ecs-task", |event| {
        assert_eq!((event.data.version, &event.data.last_status), (4, &ecs::TaskStatus::Running));
        assert_eq!(
            (&*event.data.containers[0].name, event.data.containers[0].exit_code),
            ("FargateApp", None)
        );
        assert_eq!(event.data.started_at.unwrap().to_string(), "2026-01-23T17:57:58.103Z");
    });
    handled::<ec2::InstanceStateChanged>("ec2-instance", |event| {
        assert_eq!(
            (&*event.data.instance_id, &event.data.state),
            ("i-1234567890abcdef0", &ec2::InstanceState::Pending)
        );
    });
    handled::<codepipeline::ExecutionStateChanged>("codepipeline-execution", |event| {
        assert_eq!(
            (&event.data.state, event.data.version),
            (&codepipeline::ExecutionState::Started, Some(1))
        );
        let trigger = event.data.execution_trigger.as_ref().unwrap();
        assert_eq!(trigger.trigger_type.as_deref(), Some("StartPipelineExecution"));
    });
}

#[test]
fn s50_a_call_that_cloudtrail_recorded_and_a_failed_invocation() {
    handled::<ApiCall>("cloudtrail-call", |event| {
        assert_eq!((&*event.data.event_name, event.data.read_only), ("PutObject", Some(false)));
        assert_eq!(event.data.request_parameters["key"], "test.png");
        assert_eq!(event.data.user_identity.as_ref().unwrap().user_name.as_deref(), Some("username"));
        assert!(event.data.response_elements.is_null());
    });
    handled::<lambda::Failed>("lambda-failed", |event| {
        let lambda::Failed(record) = &event.data;
        assert_eq!((&*event.id, &*event.source), (&*record.request_context.request_id, "lambda"));
        assert_eq!(record.response_context.as_ref().unwrap().function_error.as_deref(), Some("Unhandled"));
    });
}

#[test]
fn s50_a_destination_that_is_a_bus_gives_the_same_event() {
    let record: serde_json::Value = serde_json::from_str(&golden("lambda-failed")).unwrap();
    let event = json!({
        "version": "0", "id": "9f1a7d3c", "detail-type": "Lambda Function Invocation Result - Failure", "source": "lambda",
        "account": "111122223333", "time": "2026-11-14T18:16:05Z", "region": "eu-west-1", "resources": [], "detail": record,
    });
    let (deployed, seen) = Deployed::keeping::<lambda::Failed>();
    deployed.succeeds(sqs("m1", &event.to_string(), &json!({})));
    seen.one(|event| {
        assert_eq!(event.data.0.request_payload["ORDER_IDS"][0], "9e07af03-ce31-4ff3-b000-36dce652cb4f")
    });
}

#[test]
fn s50_members_and_values_that_aws_adds_do_no_harm() {
    let mut event: serde_json::Value = serde_json::from_str(&golden("ec2-instance")).unwrap();
    event["detail"] = json!({"instance-id": "i-1", "state": "hibernated", "since": "yesterday"});
    let (deployed, seen) = Deployed::keeping::<ec2::InstanceStateChanged>();
    deployed.succeeds(event.to_string());
    seen.one(|event| assert_eq!(event.data.state, ec2::InstanceState::Other("hibernated".to_owned())));
}
