function judge(r) {
    if (r.variables.allowed !== '1') {
        r.return(403);
        return;
    }
    let body;
    try {
        body = JSON.parse(r.requestText);
    } catch (error) {
        r.return(400);
        return;
    }
    if (body.developerPayload === '{payload_secret}') {
        r.internalRedirect('@application');
    } else {
        r.return(403);
    }
}

export default { judge };
