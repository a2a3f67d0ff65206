// Run once by the image of MongoDB, in an empty database: creates the user of Parley, which may use its own database only.
const password = require('node:fs').readFileSync('/run/secrets/mongo-password', 'utf8').trim();
db.getSiblingDB('parley').createUser({ user: 'parley', pwd: password, roles: [{ role: 'readWrite', db: 'parley' }] });
