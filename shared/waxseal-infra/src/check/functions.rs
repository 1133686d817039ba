//! Functions, their logs and the mappings that feed them.

use serde_json::{Value, json};
use waxseal_catalog::{Architecture, settings::TIMEOUT};

use crate::{
    check::{
        index::{FUNCTION, LOGS, MAPPING, QUEUE, ROLE, TemplateIndex, allows, list, target, texts},
        report::Report,
    },
    names::arn,
};

pub(super) fn partial_responses(index: &TemplateIndex<'_>, report: &mut Report) {
    for mapping in index.of(MAPPING) {
        let reports = texts(mapping.get("/FunctionResponseTypes")).contains("ReportBatchItemFailures");
        // Kafka has partial responses in provisioned mode alone; in the other one a failure fails the invocation.
        let is_topic = !mapping.get("/Topics").is_null();
        let reports = reports || is_topic && mapping.get("/ProvisionedPollerConfig").is_null();
        report.unless(reports, &mapping, "FunctionResponseTypes does not hold ReportBatchItemFailures");
    }
}

pub(super) fn concurrency(index: &TemplateIndex<'_>, report: &mut Report) {
    for mapping in index.of(MAPPING).filter(|mapping| mapping.named("/EventSourceArn", QUEUE).is_some()) {
        let most = mapping.get("/ScalingConfig/MaximumConcurrency").as_u64();
        report.unless(most >= Some(2), &mapping, "ScalingConfig.MaximumConcurrency is not 2 or more");
    }
}

pub(super) fn polling(index: &TemplateIndex<'_>, report: &mut Report) {
    for (service, routes) in index.routes() {
        let wanted = routes.mapping;
        let numbers = [
            ("BatchSize", wanted.batch),
            ("MaximumBatchingWindowInSeconds", wanted.window),
            ("ScalingConfig/MaximumConcurrency", wanted.invocations),
        ];
        for mapping in index.within(service, MAPPING) {
            let queue = mapping.named("/EventSourceArn", QUEUE);
            // A FIFO queue has numbers of its own, and a check of its own.
            if queue.is_none_or(|queue| queue.get("/FifoQueue") == true) {
                continue;
            }
            for (member, number) in numbers {
                // Whether there is a limit at all is a check of its own.
                let given = mapping.get(&format!("/{member}")).as_u64();
                let same = given == Some(number.into()) || given < Some(2) && member.starts_with("Scaling");
                report.unless(same, &mapping, format!("{member} is not {number}"));
            }
        }
    }
}

pub(super) fn limits(index: &TemplateIndex<'_>, report: &mut Report) {
    for function in index.of(FUNCTION) {
        for limit in ["Timeout", "MemorySize"] {
            let stated = function.get(&format!("/{limit}")).as_u64().is_some_and(|value| value > 0);
            report.unless(stated, &function, format!("{limit} is not stated"));
        }
        let told = function.number(&TIMEOUT) == function.get("/Timeout").as_u64();
        report.unless(told, &function, format!("{} is not its Timeout", TIMEOUT.name));
    }
}

pub(super) fn reserved(index: &TemplateIndex<'_>, report: &mut Report) {
    for function in index.of(FUNCTION) {
        let free = function.get("/ReservedConcurrentExecutions").is_null();
        report.unless(free, &function, "ReservedConcurrentExecutions is set");
    }
}

pub(super) fn runtime(index: &TemplateIndex<'_>, report: &mut Report) {
    for function in index.of(FUNCTION) {
        let right = function.get("/Runtime") == "provided.al2023" && function.get("/Handler") == "bootstrap";
        report.unless(right, &function, "Runtime is not provided.al2023 with the Handler bootstrap");
    }
}

pub(super) fn architecture(index: &TemplateIndex<'_>, report: &mut Report) {
    for function in index.of(FUNCTION) {
        let one = list(function.get("/Architectures")).len() == 1;
        let service = index.services().find(|service| service.name() == function.stack);
        let own = service.filter(|_| function.id == "Function");
        let wanted = own.map_or(Architecture::Arm64, |service| service.infrastructure.architecture);
        let right = function.is_by_default("/Architectures/0", &json!(wanted.as_str()));
        let what = format!("Architectures is not {}, and not by default", wanted.as_str());
        report.unless(one && right, &function, what);
    }
}

pub(super) fn tracing(index: &TemplateIndex<'_>, report: &mut Report) {
    for function in index.of(FUNCTION) {
        let active = function.get("/TracingConfig/Mode") == "Active";
        let role = allows(&index.allowed(&function), "xray:PutTraceSegments", &[Value::from("*")])
            && allows(&index.allowed(&function), "xray:PutTelemetryRecords", &[Value::from("*")]);
        report.unless(
            active && role,
            &function,
            "TracingConfig is not Active, or its role may not write traces",
        );
    }
}

pub(super) fn logs(index: &TemplateIndex<'_>, report: &mut Report) {
    for function in index.of(FUNCTION) {
        let json = function.get("/LoggingConfig/LogFormat") == "JSON";
        report.unless(json, &function, "LoggingConfig.LogFormat is not JSON");
        let Some(group) = function.named("/LoggingConfig/LogGroup", LOGS) else {
            report.at(&function, "LoggingConfig.LogGroup is no log group of the stack");
            continue;
        };
        let name = function.name("FunctionName").map(|name| format!("/aws/lambda/{name}"));
        let same = name.is_some() && group.name("LogGroupName") == name.as_deref();
        report.unless(same, &group, "LogGroupName is not /aws/lambda/ and the function's name");
        let allowed = index.allowed(&function);
        let writes = ["logs:CreateLogStream", "logs:PutLogEvents"]
            .iter()
            .all(|action| allows(&allowed, action, &[arn(group.id)]));
        report.unless(writes, &function, "its role may not write its log group");
    }
}

pub(super) fn log_retention(index: &TemplateIndex<'_>, report: &mut Report) {
    for group in index.of(LOGS) {
        let days = group.get("/RetentionInDays").as_u64();
        report.unless(days.is_some_and(|days| days > 0), &group, "RetentionInDays is not stated");
    }
}

pub(super) fn role(index: &TemplateIndex<'_>, report: &mut Report) {
    let mut taken = std::collections::BTreeSet::new();
    for function in index.of(FUNCTION) {
        let role = target(function.get("/Role")).and_then(|id| function.sibling(id));
        let Some(role) = role.filter(|role| role.body["Type"] == ROLE) else {
            report.at(&function, "Role is no role of the stack");
            continue;
        };
        report.unless(
            taken.insert((role.stack, role.id)),
            &function,
            "it shares its role with another function",
        );
        let assume = list(role.get("/AssumeRolePolicyDocument/Statement"));
        let only_lambda = assume.len() == 1
            && assume.iter().all(|statement| {
                statement["Effect"] == "Allow"
                    && statement["Action"] == "sts:AssumeRole"
                    && statement["Principal"] == json!({ "Service": "lambda.amazonaws.com" })
            });
        report.unless(only_lambda, &role, "AssumeRolePolicyDocument is not for Lambda alone");
    }
}

pub(super) fn url(index: &TemplateIndex<'_>, report: &mut Report) {
    for url in index.of("AWS::Lambda::Url") {
        let signed = url.is_by_default("/AuthType", &json!("AWS_IAM"));
        report.unless(signed, &url, "AuthType is not AWS_IAM, and not by default");
    }
    for service in index.services().filter(|service| service.answers_http) {
        let Some(function) = index.function(service.name()) else { continue };
        let reached = index
            .within(service.name(), "AWS::Lambda::Url")
            .any(|url| index.called(&url, "/TargetFunctionArn") == Some(function.id));
        report.unless(reached, &function, "it answers HTTP and has no URL");
    }
    let permission = "AWS::Lambda::Permission";
    for permission in index.of(permission).filter(|permission| permission.get("/Principal") == "*") {
        let by_url = permission.get("/FunctionUrlAuthType") == "NONE"
            || permission.get("/InvokedViaFunctionUrl") == true;
        let guarded = permission.body["Condition"] == "HttpIsPublic" && by_url;
        report.unless(guarded, &permission, "it admits every caller on every stage, or not by the URL alone");
    }
    for url in index.of("AWS::Lambda::Url") {
        for action in ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"] {
            let lets_in = index.within(url.stack, permission).any(|permission| {
                permission.get("/Action") == action
                    && permission.get("/Principal") == "*"
                    && index.called(&permission, "/FunctionName").is_some()
                    && index.called(&permission, "/FunctionName") == index.called(&url, "/TargetFunctionArn")
            });
            report.unless(lets_in, &url, format!("a stage that is public would not allow {action}"));
        }
    }
}
