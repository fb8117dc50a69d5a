<?php
// The secret of a scan, with PHP's standard library.
// HOOKWARD_KEY=<key in base64> php derive.php developer-payload|header <audience> <scan id>
declare(strict_types=1);

function derive(string $key, string $purpose, string $audience, string $scanId): string
{
    $pieces = ['hookward-derive-v1', $purpose, $audience, $scanId];
    $message = pack('P', count($pieces));
    foreach ($pieces as $piece) {
        $message .= pack('P', strlen($piece)) . $piece;
    }
    $mac = hash_hmac('sha256', $message, $key, true);
    return rtrim(strtr(base64_encode($mac), '+/', '-_'), '=');
}

echo derive(base64_decode(getenv('HOOKWARD_KEY'), true), ...array_slice($argv, 1)), "\n";
