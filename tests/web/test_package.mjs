// SPDX-License-Identifier: MIT
// build/web as an npm package: packed, unpacked into node_modules, imported by its name; types declare what it exports.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {Skipped, V5liteError, WEB, load, model, run, withFolder} from './harness.mjs';

const OFFLINE = {...process.env, npm_config_offline: 'true', npm_config_update_notifier: 'false'};

function has(program) {
  try {
    execFileSync(program, ['--version'], {stdio: 'ignore', env: OFFLINE});
    return true;
  } catch {
    return false;
  }
}

await run({
  async a_packed_package_is_imported_by_its_name() {
    if (!has('npm')) throw new Skipped('no npm: install npm');
    await withFolder((folder) => {
      const cwd = folder;
      const env = {...OFFLINE, npm_config_cache: `${folder}/cache`};
      execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, WEB], {cwd, env});
      const {version} = JSON.parse(readFileSync(path.join(WEB, 'package.json')));
      const to = path.join(folder, 'node_modules/v5lite');
      mkdirSync(to, {recursive: true});
      execFileSync('tar', ['-xzf', `v5lite-${version}.tgz`, '--strip-components=1', '-C', to], {cwd});
      const files = execFileSync('ls', [to], {encoding: 'utf8'}).trim().split('\n').sort();
      assert.deepEqual(files, ['LICENSE', 'README.md', 'package.json', 'v5lite.d.ts', 'v5lite.js', 'v5lite.wasm']);
      writeFileSync(path.join(folder, 'main.mjs'), `import {load} from 'v5lite';
        console.log((await load(process.argv[2], {size: 192})).info.classNames.join(''));`);
      const said = execFileSync(process.execPath, ['main.mjs', model('digits')], {cwd, encoding: 'utf8'});
      assert.equal(said, '0123456789\n');
    });
  },

  async types_declare_what_is_exported() {
    const types = readFileSync(path.join(WEB, 'v5lite.d.ts'), 'utf8');
    const values = [...types.matchAll(/^export (?:class|function|const) (\w+)/gm)].map((found) => found[1]);
    assert.deepEqual(values.sort(), Object.keys(await import(path.join(WEB, 'v5lite.js'))).sort());
    const members = (name) => {
      const body = new RegExp(`^export (?:interface|class) ${name}[^{]*\\{\\n(.*?)^\\}`, 'ms').exec(types)[1];
      return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)].map((found) => found[1]).sort();
    };
    const detector = await load(model('digits'), {size: 64, confidence: 0});
    const [found] = detector.detect({data: new Uint8Array(4 * 64 * 64), width: 64, height: 64});
    const [head] = detector.network({data: new Uint8Array(4 * 64 * 64), width: 64, height: 64});
    assert.deepEqual(members('Info'), Object.keys(detector.info).sort());
    assert.deepEqual(members('Detection'), Object.keys(found).sort());
    assert.deepEqual(members('Head'), Object.keys(head).sort());
    assert.deepEqual(members('Detector'), ['close', 'detect', 'info', 'network']);
    assert.deepEqual(Object.keys(new V5liteError('text')).sort(), ['name', 'status']);
    detector.close();
    let told = '';
    await load(model('digits'), {none: 1}).catch((error) => { told = error.message; });
    assert.deepEqual(members('Options'), told.replace(/.*one of /, '').split(' ').sort());
  },
});
